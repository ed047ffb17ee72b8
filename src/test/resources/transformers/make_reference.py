"""Makes the tiny random models in this folder and what Hugging Face Transformers computes with them."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

HERE = Path(__file__).parent
TEXTS = [
    ("The river runs slowly past the old mill.", None),
    ("Slowly.", None),
    ("Does the river run?", "It runs past the mill, slowly."),
    ("Naïve cafés", "東京 is far!"),
]
CORPUS = [text for pair in TEXTS for text in pair if text]


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        CORPUS[:4], trainers.WordPieceTrainer(vocab_size=60, special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        CORPUS[:4],
        trainers.BpeTrainer(
            vocab_size=285,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return tokenizer


def randomize(model):
    """Every value matters: gains, biases and padding rows too, which start as 1 or 0 otherwise."""
    for name, parameter in model.named_parameters():
        noise = 0.3 * torch.randn_like(parameter)
        parameter.data = noise + 1 if name.endswith("LayerNorm.weight") else noise


def batch(model, tokenizer, config):
    """All texts as one padded batch, as the model's forward pass takes it."""
    encodings = [tokenizer.encode(text, pair) for text, pair in TEXTS]
    longest = max(len(encoding.ids) for encoding in encodings)

    def padded(rows, value):
        return torch.tensor([row + [value] * (longest - len(row)) for row in rows])

    inputs = {
        "input_ids": padded([e.ids for e in encodings], config.pad_token_id),
        "attention_mask": padded([[1] * len(e.ids) for e in encodings], 0),
    }
    if config.model_type == "bert":
        inputs["token_type_ids"] = padded([e.type_ids for e in encodings], 0)
    return encodings, inputs


def make(name, model, tokenizer, dtype=torch.float32, **save):
    folder = HERE / name
    randomize(model)
    model.to(dtype).save_pretrained(folder, **save)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    model.to(torch.float32).eval()  # the values that were saved, computed with in float32
    encodings, inputs = batch(model, tokenizer, model.config)
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True)
    expected = []
    for row, (text, pair) in enumerate(TEXTS):
        length = len(encodings[row].ids)
        entry = {"text": text, **({"pair": pair} if pair else {})}
        entry["input_ids"] = encodings[row].ids
        states = output.hidden_states[-1][row, :length]
        entry["last_hidden_state"] = [[round(v, 7) for v in token] for token in states.tolist()]
        if "logits" in output:
            entry["logits"] = [round(v, 7) for v in output.logits[row].tolist()]
        expected.append(entry)
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False))


def main():
    torch.manual_seed(20)
    size = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24)
    words = wordpiece()
    bert = dict(vocab_size=words.get_vocab_size(), max_position_embeddings=40, **size)
    make("bert", BertForSequenceClassification(BertConfig(num_labels=3, **bert)), words)
    make(
        "bert-sharded-f16",
        BertModel(BertConfig(hidden_act="gelu_new", **bert)),
        words,
        torch.float16,
        max_shard_size="6KB",
    )
    pairs = byte_pairs()
    roberta = dict(
        vocab_size=pairs.get_vocab_size(), max_position_embeddings=60, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, **size
    )
    make("roberta", RobertaForSequenceClassification(RobertaConfig(num_labels=2, **roberta)), pairs)
    make(
        "roberta-bf16-regression",
        RobertaForSequenceClassification(RobertaConfig(num_labels=1, hidden_act="relu", **roberta)),
        pairs,
        torch.bfloat16,
    )


if __name__ == "__main__":
    main()
