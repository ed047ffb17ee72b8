"""Turns published data sets into one table for each type of task; standard library only.

    python3 benchmarks/tasks/tables.py DATA OUT

DATA has e2e/trainset.csv and e2e/devset.csv (E2E NLG Challenge) and glue/CoLA; OUT gets

    labels/{train,dev}.csv    text and a column of 0 and 1 for each attribute that the text is about
    scores/{train,dev}.csv    text, how many attributes it is about, and the customer rating it is about
    tags/{train,dev}.jsonl    text and spans of restaurant names, places nearby, foods and kinds of place
    cola/{train,dev}.csv      sentence and class
"""
import csv, json, pathlib, random, re, sys

data, out = map(pathlib.Path, sys.argv[1:])
ATTRIBUTES = ["eatType", "food", "priceRange", "customer rating", "area", "familyFriendly", "near"]
RATING = {"low": 1, "1 out of 5": 1, "average": 3, "3 out of 5": 3, "high": 5, "5 out of 5": 5}
SPANS = {"name": "NAME", "near": "NEAR", "food": "FOOD", "eatType": "TYPE"}


def references(file, count, seed=1):
    rows = list(csv.DictReader(open(data / "e2e" / file, encoding="utf-8-sig")))
    random.Random(seed).shuffle(rows)
    seen = set()
    for row in rows:
        text = " ".join(row["ref"].split())
        if len(seen) < count and text and text not in seen:
            seen.add(text)
            yield text, dict(re.findall(r"([\w ]+?)\[(.*?)\],?\s*", row["mr"]))


def table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def spans(text, facts):
    found = []
    for slot, label in SPANS.items():
        value = facts.get(slot)
        place = re.search(r"(?<!\w)%s(?!\w)" % re.escape(value), text) if value else None
        if place and not any(place.start() < end and start < place.end() for start, end, _ in found):
            found.append((*place.span(), label))
    return [{"start": start, "end": end, "label": label} for start, end, label in sorted(found)]


for split, file, count in (("train", "trainset.csv", 1000), ("dev", "devset.csv", 300)):
    texts = list(references(file, count))
    table(out / "labels" / f"{split}.csv", ["text", *(a.replace(" ", "_") for a in ATTRIBUTES)],
          [[text, *(int(a in facts) for a in ATTRIBUTES)] for text, facts in texts])
    rated = [(t, f) for t, f in texts if f.get("customer rating") in RATING]
    table(out / "scores" / f"{split}.csv", ["text", "attributes", "rating"],
          [[text, len(facts), RATING[facts["customer rating"]]] for text, facts in rated])
    path = out / "tags" / f"{split}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as lines:
        for text, facts in texts:
            lines.write(json.dumps({"text": text, "spans": spans(text, facts)}, ensure_ascii=False) + "\n")
    cola = [line.rstrip("\n").split("\t") for line in open(data / "glue" / "CoLA" / f"{split}.tsv", encoding="utf-8")]
    random.Random(1).shuffle(cola)
    table(out / "cola" / f"{split}.csv", ["text", "label"],
          [[row[3], ["unacceptable", "acceptable"][int(row[1])]] for row in cola[:1000]])
