"""Makes the tiny random GPT-2 models in this folder and what Hugging Face Transformers computes with them."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Model

HERE = Path(__file__).parent
TEXTS = ["The river runs slowly past the old mill.", "Café  £20!", " It's slow"]
END_OF_TEXT = "<|endoftext|>"


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        TEXTS[:1] * 3 + [" river mill slow old the past"],
        trainers.BpeTrainer(
            vocab_size=285,
            special_tokens=[END_OF_TEXT],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer


def randomize(model):
    """Every value matters: gains and biases too, which start as 1 or 0 otherwise."""
    for name, parameter in model.named_parameters():
        noise = 0.3 * torch.randn_like(parameter)
        gain = any(part in name for part in ("ln_1.weight", "ln_2.weight", "ln_f.weight"))
        parameter.data = noise + 1 if gain else noise


def rounded(rows):
    return [[round(value, 6) for value in row] for row in rows.tolist()]


def make(name, model, tokenizer, output, dtype=torch.float32, **save):
    folder = HERE / name
    randomize(model)
    model.to(dtype).save_pretrained(folder, **save)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if name == "gpt2":
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    else:
        tokenizer.model.save(str(folder))
        vocabulary = json.loads((folder / "vocab.json").read_text())
        assert vocabulary[END_OF_TEXT] == tokenizer.token_to_id(END_OF_TEXT)
    model.to(torch.float32).eval()  # the values that were saved, computed with in float32
    expected = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        with torch.no_grad():
            values = getattr(model(torch.tensor([ids])), output)[0]
        expected.append({"text": text, "input_ids": ids, output: rounded(values)})
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False))


def main():
    torch.manual_seed(20)
    tokenizer = byte_pairs()
    size = dict(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=30,
        n_embd=16,
        n_layer=2,
        n_head=4,
        bos_token_id=tokenizer.token_to_id(END_OF_TEXT),
        eos_token_id=tokenizer.token_to_id(END_OF_TEXT),
    )
    make("gpt2", GPT2LMHeadModel(GPT2Config(**size)), tokenizer, "logits")
    make(
        "gpt2-sharded-f16",
        GPT2Model(GPT2Config(n_inner=24, activation_function="gelu", **size)),
        tokenizer,
        "last_hidden_state",
        torch.float16,
        max_shard_size="8KB",
    )


main()
