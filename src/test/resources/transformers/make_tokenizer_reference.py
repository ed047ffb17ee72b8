"""What Hugging Face Transformers makes of texts with the tokenizers in this folder under other files."""

import json
import shutil
import tempfile
from pathlib import Path

from transformers import AutoTokenizer

HERE = Path(__file__).parent
TEXTS = [
    ["The River runs slowly past the old mill."],
    ["Naïve CAFÉS [X] [MASK] 東京 is far!", "It runs\tpast<mask> [PAD] the  mill."],
    ["slowly the river runs past the old mill and the mill runs past the river slowly", "old mill"],
    [""],
    [" "],
    ["", ""],
]
PIECES = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["[CLS]", 0.0], ["[SEP]", 0.0], ["[PAD]", 0.0], ["[UNK]", 0.0]]
PIECES += [["▁" + word, -3.0 - i / 8] for i, word in enumerate(["the", "river", "runs", "past", "old", "The", "River", "mill"])]
PIECES += [[c, -6.0 - i / 16] for i, c in enumerate("▁abcdefghijklmnoprstuvwylTRNCAFÉéï.[]")]


def tokens(base):
    return json.loads((HERE / base / "tokenizer.json").read_text())


def changed(base, **parts):
    definition = tokens(base)
    definition.update(parts)
    return definition


def unigram(**parts):
    model = {"type": "Unigram", "unk_id": 3, "vocab": PIECES, "byte_fallback": False}
    empty = dict(version="1.0", truncation=None, padding=None, added_tokens=[], normalizer=None)
    return {**empty, "pre_tokenizer": None, "post_processor": None, "decoder": None, "model": model, **parts}


def vocab_txt(base):
    ids = tokens(base)["model"]["vocab"]
    return "\n".join(sorted(ids, key=ids.get)) + "\n"


def vocab_and_merges(base):
    model = tokens(base)["model"]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return {"vocab.json": model["vocab"], "merges.txt": "#version: 0.2\n" + "\n".join(merges) + "\n", "tokenizer.json": None}


def token(content, **properties):
    usual = dict(lstrip=False, normalized=False, rstrip=False, single_word=False, special=True)
    return {"content": content, **usual, **properties}


def variants():
    yield "bert", {}
    for options in [
        {"do_lower_case": False},
        {"strip_accents": False},
        {"strip_accents": True, "do_lower_case": False},
        {"tokenize_chinese_chars": False},
        {"truncation_side": "left"},
        {"model_input_names": ["input_ids", "attention_mask"]},
        {"tokenizer_class": "PreTrainedTokenizerFast"},
        {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": False, "model_input_names": ["input_ids", "token_type_ids"]},
        {"tokenizer_class": "BertTokenizerFast", "additional_special_tokens": ["[X]", "mill"]},
        {"tokenizer_class": "DistilBertTokenizer"},
        {"tokenizer_class": "ElectraTokenizerFast", "mask_token": {"__type": "AddedToken", **token("[MASK]", lstrip=True)}},
        {"added_tokens_decoder": {"2": token("[CLS]"), "60": token("[X]", lstrip=True, special=False, normalized=True)}},
        {"extra_special_tokens": ["[X]"], "image_token": "river"},
        {"mask_token": "<mask>"},
        {"tokenizer_class": "MPNetTokenizer"},
    ]:
        yield "bert", {"tokenizer_config.json": options}
    yield "bert", {"tokenizer.json": changed("bert", post_processor=None)}
    yield "bert", {"tokenizer.json": changed("bert", normalizer=None, pre_tokenizer=None)}
    yield "bert", {"tokenizer.json": changed("bert", truncation={"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0})}
    yield "bert", {"added_tokens.json": {"[X]": 60, "mill.": 61}}
    yield "bert", {"special_tokens_map.json": {"mask_token": "[M]", "additional_special_tokens": ["[X]"]}}
    yield "bert", {"tokenizer.json": None, "vocab.txt": vocab_txt("bert")}
    yield "bert", {"tokenizer.json": None, "vocab.txt": vocab_txt("bert") + "slow  \nthe\n"}
    yield "roberta", {}
    for options in [{"add_prefix_space": True}, {"tokenizer_class": "RobertaTokenizerFast", "trim_offsets": False}, {"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": True}]:
        yield "roberta", {"tokenizer_config.json": options}
    yield "roberta", vocab_and_merges("roberta")
    yield "roberta", {**vocab_and_merges("roberta"), "tokenizer_config.json": {"add_prefix_space": True, "mask_token": {"__type": "AddedToken", **token("<mask>", lstrip=True)}}}
    yield "roberta", {"tokenizer.json": tokens("bert"), "tokenizer_config.json": {"tokenizer_class": "BertTokenizer"}}
    yield "gpt2", {}
    for options in [{"add_prefix_space": True}, {"add_bos_token": True}, {"pad_token": "[PAD]"}]:
        yield "gpt2", {"tokenizer_config.json": options}
    for options in [{"add_prefix_space": True}, {"add_bos_token": True}, {"add_bos_token": True, "add_eos_token": True}]:
        yield "gpt2", {**vocab_and_merges("gpt2"), "tokenizer_config.json": options}
    for name in ["XLMRobertaTokenizer", "CamembertTokenizer", "DebertaV2Tokenizer", "AlbertTokenizer"]:
        yield "bert", {"tokenizer.json": unigram(), "tokenizer_config.json": {"tokenizer_class": name}}
    for options in [{"do_lower_case": True, "split_by_punct": True}, {"add_prefix_space": False}]:
        yield "bert", {"tokenizer.json": unigram(), "tokenizer_config.json": {"tokenizer_class": "DebertaV2Tokenizer", **options}}
    yield "bert", {"tokenizer.json": unigram(), "tokenizer_config.json": {"tokenizer_class": "AlbertTokenizer", "do_lower_case": False, "keep_accents": True}}


def main():
    lines = []
    for base, files in variants():
        folder = Path(tempfile.mkdtemp())
        for name in ["config.json", "tokenizer.json"]:
            shutil.copy(HERE / base / name, folder)
        for name, content in files.items():
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        texts = []
        for text in TEXTS:
            encoded = tokenizer(*[[each] for each in text], truncation=True, max_length=16)
            ids = encoded["input_ids"][0]
            types = encoded["token_type_ids"][0] if "token_type_ids" in encoded else [0] * len(ids)
            texts.append({"texts": text, "input_ids": ids, "token_type_ids": types})
        lines.append(json.dumps({"base": base, "files": files, "expected": texts}, ensure_ascii=False))
    (HERE / "tokenizers.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


main()
