"""Makes tiny random models, data to train them on for a moment, and adapters of PEFT's own.

python peft_models.py OUT

OUT gets bert/, roberta/ and gpt2/ (Hugging Face directories), reviews.tsv and e2e/, and in theirs/ what PEFT saves of
random LoRA, AdaLoRA and DoRA adapters on them. Needs torch, transformers, tokenizers, peft.
"""
import os
import random
import sys

import peft
import torch
import transformers as t
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
torch.manual_seed(1)
random.seed(1)

words = ["good", "bad", "film", "the", "a", "very", "not", "plot"]
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words
tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(vocabulary)}, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
tokenizer = t.PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]")

size = dict(vocab_size=32, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
            max_position_embeddings=66, initializer_range=0.3)
kinds = {
    "bert": t.BertConfig(**size, pad_token_id=0),
    "roberta": t.RobertaConfig(**size, pad_token_id=0, type_vocab_size=1),
}
for name, config in kinds.items():
    model = t.AutoModelForSequenceClassification.from_config(config)
    model.save_pretrained(f"{out}/{name}")
    tokenizer.save_pretrained(f"{out}/{name}")

gpt2 = t.GPT2LMHeadModel(t.GPT2Config(vocab_size=300, n_positions=64, n_embd=32, n_layer=2, n_head=2,
                                      initializer_range=0.3, bos_token_id=256, eos_token_id=256))
gpt2.save_pretrained(f"{out}/gpt2")
symbols = sorted(pre_tokenizers.ByteLevel.alphabet())
bytes_ = Tokenizer(models.BPE({s: i for i, s in enumerate(symbols)} | {"<|endoftext|>": 256}, []))
bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
from tokenizers import decoders  # noqa: E402

bytes_.decoder = decoders.ByteLevel()
t.PreTrainedTokenizerFast(tokenizer_object=bytes_, eos_token="<|endoftext|>").save_pretrained(f"{out}/gpt2")

with open(f"{out}/reviews.tsv", "w", encoding="utf-8") as file:
    file.write("text\tlabel\n")
    for _ in range(48):
        text = " ".join(random.choices(words, k=6))
        file.write(text + "\t" + random.choice(["good", "bad", "mixed"]) + "\n")
os.makedirs(f"{out}/e2e", exist_ok=True)
for name, count in (("trainset", 24), ("devset", 8), ("testset_w_refs", 8)):
    with open(f"{out}/e2e/{name}.csv", "w", encoding="utf-8") as file:
        file.write("mr,ref\n" + "".join(f"name[A{i}],A{i} is a mill.\n" for i in range(count)))

LABELS = {0: "bad", 1: "good", 2: "mixed"}


def base(name):
    if name == "gpt2":
        return t.AutoModelForCausalLM.from_pretrained(f"{out}/gpt2")
    return t.AutoModelForSequenceClassification.from_pretrained(
        f"{out}/{name}", num_labels=3, id2label=LABELS, ignore_mismatched_sizes=True)


for name in ("bert", "roberta", "gpt2"):
    task = "CAUSAL_LM" if name == "gpt2" else "SEQ_CLS"
    targets = ["c_attn"] if name == "gpt2" else ["query", "value"]
    one = "h.0.attn.c_attn" if name == "gpt2" else "layer.0.attention.self.query"
    common = dict(task_type=task, target_modules=targets, fan_in_fan_out=name == "gpt2")
    configs = {
        "lora": peft.LoraConfig(r=4, lora_alpha=6, **common),
        "lora-patterns": peft.LoraConfig(r=4, lora_alpha=6, use_rslora=True, rank_pattern={one: 2},
                                         alpha_pattern={one: 3}, **common),
        "dora": peft.LoraConfig(r=4, lora_alpha=6, use_dora=True, **common),
        "adalora": peft.AdaLoraConfig(init_r=4, target_r=2, lora_alpha=6, total_step=10, **common),
    }
    for kind, config in configs.items():
        model = peft.get_peft_model(base(name), config)
        with torch.no_grad():
            for key, value in model.named_parameters():
                if "lora_magnitude" in key:
                    value *= 1 + 0.2 * torch.rand_like(value)
                elif "lora_E" in key:
                    value.copy_(torch.randn_like(value))
                elif "lora_" in key and "ranknum" not in key:
                    value.copy_(0.3 * torch.randn_like(value))
                elif "modules_to_save" in key:
                    value.copy_(0.5 * torch.randn_like(value))
        if kind == "adalora":
            values = [key for key, _ in model.named_parameters() if ".lora_E." in key]
            model.peft_config["default"].rank_pattern = {
                key.removeprefix("base_model.model.").removesuffix(".default"): [i != n % 4 for i in range(4)]
                for n, key in enumerate(values)}
        model.save_pretrained(f"{out}/theirs/{name}-{kind}")
