"""Trains a byte-level byte-pair encoding with Hugging Face tokenizers, for BytePairTrainingTest."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEXTS = [
    "The river runs slowly past the old mill. The miller's daughter isn't there; she'll come at 10:30.\n",
    "Three old mills stand by the river:\n\tthe first, the second   and the third.\n\n\nNone of them mills.",
    "Café Zürich costs £20, the Café Mill costs £20 too. naïve cafés — “quoted” … 😀😀 東京 東京都\r\n",
    "aaaa aaa aa a aaaaaaa banana bananas ananas 2020 20202 x == y != z ((()))  \u00a0 \u3000end",
    "they're we've I'm he'd THEY'RE it's its let's 's ''s ",
]


def main():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        TEXTS,
        trainers.BpeTrainer(
            vocab_size=1000,
            min_frequency=2,
            special_tokens=["<|endoftext|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    model = json.loads(tokenizer.to_str())["model"]
    unseen = "A mill's river: 2020 cafés, aaaaa!\n\n 東京都 they'll"
    result = {
        "texts": TEXTS,
        "tokens": sorted(model["vocab"], key=model["vocab"].get),
        "merges": [" ".join(pair) for pair in model["merges"]],
        "unseen": unseen,
        "ids": tokenizer.encode(unseen).ids,
    }
    Path(__file__).with_name("byte-pairs.json").write_text(json.dumps(result, ensure_ascii=False, indent=0))


main()
