"""Makes tiny random models of every kind, and data to train them on for a moment.

python huggingface_models.py OUT

OUT gets a Hugging Face directory per kind (encoders with and without a head, a GPT-2), reviews.tsv and e2e/.
Needs torch, transformers, tokenizers.
"""
import os
import random
import sys

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
    "xlm-roberta": t.XLMRobertaConfig(**size, pad_token_id=0, type_vocab_size=1),
    "camembert": t.CamembertConfig(**size, pad_token_id=0, type_vocab_size=1),
    "distilbert": t.DistilBertConfig(vocab_size=32, dim=32, n_layers=2, n_heads=2, hidden_dim=64, pad_token_id=0,
                                     max_position_embeddings=66, initializer_range=0.3),
    "electra": t.ElectraConfig(**size, embedding_size=16, pad_token_id=0),
    "albert": t.AlbertConfig(**size, embedding_size=16, pad_token_id=0),
    "mpnet": t.MPNetConfig(**size, pad_token_id=1),
    "deberta-v2": t.DebertaV2Config(**size, relative_attention=True, pos_att_type=["c2p", "p2c"], position_buckets=8,
                                    share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False,
                                    type_vocab_size=0, pad_token_id=0),
    "modernbert": t.ModernBertConfig(**size, global_attn_every_n_layers=2, local_attention=8, pad_token_id=0,
                                     bos_token_id=2, cls_token_id=2, eos_token_id=3, sep_token_id=3),
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
