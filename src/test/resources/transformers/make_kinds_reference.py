"""Makes the tiny random models of the other kinds of encoder, each in several configurations."""

import json
import sys

import torch
import transformers
from make_reference import HERE, TEXTS, byte_pairs, wordpiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

# Long enough for relative positions beyond every exact bucket and beyond the local windows.
LONG = (
    "The river runs slowly past the old mill, past the far mill and past the old cafés; does it run slowly, "
    "or does the far river run past it?"
)
SIZE = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24)


def unigram(special, single, pair, lowercase=False):
    """SentencePiece's unigram model, as XLM-RoBERTa, ALBERT and DeBERTa-v3 have it."""
    tokenizer = Tokenizer(models.Unigram())
    steps = [normalizers.NFKC()] + ([normalizers.Lowercase()] if lowercase else [])
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    corpus = [text for both in TEXTS for text in both if text] + [LONG]
    unknown = "<unk>" if "<unk>" in special else "[UNK]"
    tokenizer.train_from_iterator(
        corpus,
        trainers.UnigramTrainer(vocab_size=70, special_tokens=special, unk_token=unknown, show_progress=False),
    )
    named = [(token, id) for id, token in enumerate(special)]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=named)
    return tokenizer


def like_roberta():
    return unigram(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<s> $A </s>", "<s> $A </s> </s> $B </s>")


def like_bert(**options):
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    return unigram(special, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", **options)


def mpnet_words():
    """WordPiece with RoBERTa's special tokens, padding being 1."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        [text for both in TEXTS[:2] for text in both if text],
        trainers.WordPieceTrainer(vocab_size=50, special_tokens=special, show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def randomize(model):
    """Every value matters: gains, biases and padding rows too, which start as 1 or 0 otherwise."""
    norms = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.LayerNorm)}
    for parameter in model.parameters():
        noise = 0.3 * torch.randn_like(parameter)
        parameter.data = noise + 1 if id(parameter) in norms else noise


def make(name, model, tokenizer):
    folder = HERE / name
    config = model.config
    randomize(model)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    model.eval()
    texts = TEXTS + [(LONG, None)]
    encodings = [tokenizer.encode(text, pair) for text, pair in texts]
    longest = max(len(encoding.ids) for encoding in encodings)

    def padded(rows, value):
        return torch.tensor([row + [value] * (longest - len(row)) for row in rows])

    inputs = {
        "input_ids": padded([e.ids for e in encodings], config.pad_token_id),
        "attention_mask": padded([[1] * len(e.ids) for e in encodings], 0),
    }
    if getattr(config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = padded([e.type_ids for e in encodings], 0)
    base = getattr(model, model.base_model_prefix, model)
    with torch.no_grad():
        states = base(**inputs).last_hidden_state
        output = model(**inputs)
    expected = []
    for row, (text, pair) in enumerate(texts):
        length = len(encodings[row].ids)
        entry = {"text": text, **({"pair": pair} if pair else {})}
        entry["input_ids"] = encodings[row].ids
        entry["last_hidden_state"] = [[round(v, 6) for v in token] for token in states[row, :length].tolist()]
        if "logits" in output:
            entry["logits"] = [round(v, 6) for v in output.logits[row].tolist()]
        expected.append(entry)
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False))
    print(name, longest, "tokens", type(model).__name__)


def build(kind, head, tokenizer, **options):
    """A model of that kind; with a head when there is a number of labels."""
    config = getattr(transformers, kind + "Config")(vocab_size=tokenizer.get_vocab_size(), **options)
    return getattr(transformers, kind + ("ForSequenceClassification" if head else "Model"))(config)


def distilbert():
    words = wordpiece()
    options = dict(dim=16, n_layers=2, hidden_dim=24, max_position_embeddings=90)
    make("distilbert", build("DistilBert", True, words, n_heads=4, num_labels=3, **options), words)
    odd = dict(options, activation="relu", n_layers=3, sinusoidal_pos_embds=True)
    make("distilbert-relu", build("DistilBert", True, words, n_heads=2, num_labels=1, **odd), words)


def electra():
    words = wordpiece()
    small = dict(SIZE, embedding_size=8, max_position_embeddings=130)
    make("electra", build("Electra", True, words, num_labels=3, **small), words)
    generator = dict(small, embedding_size=16, hidden_size=12, num_attention_heads=3, intermediate_size=20)
    make("electra-generator", build("Electra", True, words, num_labels=2, hidden_act="gelu_new", **generator), words)
    make("electra-square", build("Electra", False, words, **dict(small, embedding_size=16)), words)


def robertas():
    pieces = like_roberta()
    options = dict(SIZE, max_position_embeddings=130, type_vocab_size=1, pad_token_id=1)
    make("xlm-roberta", build("XLMRoberta", True, pieces, num_labels=2, **options), pieces)
    make("camembert", build("Camembert", True, pieces, num_labels=3, layer_norm_eps=1e-5, **options), pieces)


def mpnet():
    words = mpnet_words()
    options = dict(SIZE, max_position_embeddings=110)
    make("mpnet", build("MPNet", True, words, num_labels=3, **options), words)
    odd = dict(options, num_attention_heads=2, relative_attention_num_buckets=40, hidden_act="gelu_new")
    make("mpnet-buckets", build("MPNet", False, words, **odd), words)


def albert():
    pieces = like_bert(lowercase=True)
    options = dict(SIZE, embedding_size=8, max_position_embeddings=130)
    make("albert", build("Albert", True, pieces, num_labels=3, **options), pieces)
    grouped = dict(options, embedding_size=16, num_hidden_layers=5, num_hidden_groups=2, inner_group_num=2)
    make("albert-groups", build("Albert", True, pieces, num_labels=1, hidden_act="gelu", **grouped), pieces)


def deberta():
    pieces = like_bert()
    options = dict(SIZE, max_position_embeddings=130, relative_attention=True)
    v3 = dict(
        options, pos_att_type="p2c|c2p", position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True,
        position_biased_input=False, max_relative_positions=-1, pooler_hidden_act="gelu", num_labels=3,
    )
    make("deberta-v3", build("DebertaV2", True, pieces, **v3), pieces)
    xlarge = dict(
        v3, conv_kernel_size=3, conv_act="gelu", type_vocab_size=2, max_relative_positions=24, position_buckets=10,
        num_labels=1,
    )
    make("deberta-v2-conv", build("DebertaV2", True, pieces, **xlarge), pieces)
    unshared = dict(
        options, pos_att_type=["c2p", "p2c"], max_relative_positions=6, type_vocab_size=1, embedding_size=8,
        conv_kernel_size=5, pooler_hidden_act="tanh", num_labels=2,
    )
    make("deberta-v2-unshared", build("DebertaV2", True, pieces, **unshared), pieces)
    one = dict(options, pos_att_type=["p2c"], position_buckets=6, max_relative_positions=40)
    make("deberta-v2-p2c", build("DebertaV2", False, pieces, **one), pieces)
    absolute = dict(options, relative_attention=False)
    make("deberta-v2-absolute", build("DebertaV2", False, pieces, **absolute), pieces)


def modernbert():
    pairs = byte_pairs()
    special = dict(pad_token_id=1, bos_token_id=0, cls_token_id=0, eos_token_id=2, sep_token_id=2)
    options = dict(SIZE, num_hidden_layers=4, max_position_embeddings=128, local_attention=8, **special)
    options.update(num_attention_heads=2)
    make("modernbert", build("ModernBert", True, pairs, num_labels=3, **options), pairs)
    odd = dict(
        options, num_hidden_layers=3, norm_bias=True, attention_bias=True, mlp_bias=True, classifier_bias=True,
        classifier_pooling="mean", hidden_activation="gelu_new", local_attention=11, global_attn_every_n_layers=2,
        global_rope_theta=1000.0, local_rope_theta=500.0,
    )
    make("modernbert-biases", build("ModernBert", True, pairs, num_labels=1, **odd), pairs)


def distances():
    """Rows of the tables of distances, for distances 0, 1, 2, …"""
    from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position
    from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

    behind = torch.arange(512)
    tables = {
        f"deberta {buckets} {farthest}": make_log_bucket_position(behind, buckets, farthest).int().tolist()
        for buckets, farthest in [(256, 512), (32, 128), (10, 24), (7, 512)]
    }
    tables["mpnet before"] = MPNetEncoder.relative_position_bucket(-behind).tolist()
    tables["mpnet after"] = MPNetEncoder.relative_position_bucket(behind).tolist()
    (HERE / "distances.json").write_text(json.dumps(tables))


KINDS = [distances, distilbert, electra, robertas, mpnet, albert, deberta, modernbert]

if __name__ == "__main__":
    for kind in KINDS:
        if len(sys.argv) == 1 or kind.__name__ in sys.argv[1:]:
            torch.manual_seed(21)
            kind()
