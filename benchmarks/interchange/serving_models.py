"""Makes two tiny random models with real tokenizers, and data to train them on for a moment.

python serving_models.py OUT LINES BERT_TOKENIZER_JSON

OUT gets bert/, roberta/ and gpt2/ (Hugging Face directories), pairs.tsv and single.tsv. LINES is a text file; the
byte pairs of the RoBERTa and of the GPT-2 are learnt from it. Needs torch, transformers, tokenizers.
"""
import json
import os
import random
import shutil
import sys

import torch
from tokenizers import ByteLevelBPETokenizer, Tokenizer, processors
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, RobertaConfig, RobertaModel

out, lines_file, bert_tokenizer = sys.argv[1:4]
lines = [line.rstrip("\n") for line in open(lines_file, encoding="utf-8")]
os.makedirs(out, exist_ok=True)
torch.manual_seed(1)
random.seed(1)
size = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)

# Larger than usual, so that a wrong token changes the logits by much more than rounding does.
bert = BertModel(BertConfig(vocab_size=30522, initializer_range=0.5, **size))
bert.save_pretrained(f"{out}/bert")
shutil.copy(bert_tokenizer, f"{out}/bert/tokenizer.json")

bpe = ByteLevelBPETokenizer()
bpe.train_from_iterator(lines, vocab_size=5000, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
bpe.save(f"{out}/bpe.json")
tokenizer = Tokenizer.from_file(f"{out}/bpe.json")
tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
roberta = RobertaModel(
    RobertaConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=514, type_vocab_size=1,
                  initializer_range=0.5, **size))
roberta.save_pretrained(f"{out}/roberta")
tokenizer.save(f"{out}/roberta/tokenizer.json")
os.remove(f"{out}/bpe.json")

bpe = ByteLevelBPETokenizer()
bpe.train_from_iterator(lines, vocab_size=3000, special_tokens=["<|endoftext|>"])
os.makedirs(f"{out}/gpt2", exist_ok=True)
gpt2 = GPT2LMHeadModel(
    GPT2Config(vocab_size=bpe.get_vocab_size(), n_positions=128, n_embd=32, n_layer=2, n_head=2, bos_token_id=0,
               eos_token_id=0, initializer_range=0.3))
gpt2.save_pretrained(f"{out}/gpt2")
bpe.save(f"{out}/gpt2/tokenizer.json")

words = ["good", "bad", "film", "the", "a", "very", "not", "plot"]
for name, pairs in (("pairs.tsv", True), ("single.tsv", False)):
    with open(f"{out}/{name}", "w", encoding="utf-8") as file:
        file.write("text\ttext2\tlabel\n" if pairs else "text\tlabel\n")
        for i in range(48):
            texts = [" ".join(random.choices(words, k=6)) for _ in range(2 if pairs else 1)]
            file.write("\t".join(texts) + "\t" + ("yes" if "good" in texts[0] else "no") + "\n")
