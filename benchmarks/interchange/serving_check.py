"""Checks exports in Python TensorFlow and against TensorFlow Serving's protobufs.

python serving_check.py LINES OUT.json EXPORT_BASE...

LINES is a text file of real lines. Of each export: texts through serving_text give the logits, labels and
probabilities that ids from Hugging Face's tokenizer in Python give through serving_default, also when a server
pads as TensorFlow Serving does; int64 and mask-less signatures agree; warm-up requests run; the files beside it
parse. Needs tensorflow, tensorflow-serving-api, tokenizers.
"""
import glob
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2  # noqa: F401
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2
from tokenizers import Tokenizer



def batching_parameters():
    """tensorflow.serving.BatchingParameters of session_bundle_config.proto, which the package on PyPI lacks."""
    file = descriptor_pb2.FileDescriptorProto(
        name="batching.proto", package="check", syntax="proto3", dependency=["google/protobuf/wrappers.proto"])
    message = file.message_type.add(name="BatchingParameters")
    kinds = descriptor_pb2.FieldDescriptorProto
    for number, name in enumerate(
            ["max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads"], 1):
        message.field.add(name=name, number=number, label=kinds.LABEL_OPTIONAL, type=kinds.TYPE_MESSAGE,
                          type_name=".google.protobuf.Int64Value")
    message.field.add(name="allowed_batch_sizes", number=6, label=kinds.LABEL_REPEATED, type=kinds.TYPE_INT64)
    message.field.add(name="pad_variable_length_inputs", number=7, label=kinds.LABEL_OPTIONAL, type=kinds.TYPE_BOOL)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("check.BatchingParameters"))()


HARD = [
    "", " ", "\n\t ", "Naïve café — “quoted” ½ 中国人 🙂🇩🇪 e\u0301", "İstanbul ẞ ﬁ Ⅷ ΌΣΟΣ", "\u200bzero\u200dwidth\u00ad",
    "한국어 नमस्ते مَرْحَبًا", "\ufffd \x07bell \x00nul", "a" * 10000, "abcdefghij" * 1000, "word " * 2000,
    "I've he'll ''s 's 'S it''s  !'s  tail   ", "[SEP] [CLS] <s> </s> <mask>  <unk> [MASK]", "𝒜𝟘 \U0002F800 ＡＢＣ",
]


def pad(rows, value=None):
    """To the longest; with the row's first element where no value is given."""
    length = max(len(r) for r in rows)
    return np.array([r + [r[0] if value is None else value] * (length - len(r)) for r in rows])


def close(a, b):
    return float(np.max(np.abs(np.asarray(a) - np.asarray(b)))) if len(a) else 0.0


def check(base, lines):
    name = os.path.basename(os.path.normpath(base))
    version = max((d for d in os.listdir(base) if d.isdigit()), key=int)
    directory = os.path.join(base, version)
    result = {"model": name}
    loaded = tf.saved_model.load(directory)
    calls = loaded.signatures
    result["signatures"] = sorted(name for name in calls if not name.startswith("__"))
    description = json.load(open(f"{directory}/assets/export.json"))
    labels = json.load(open(f"{directory}/assets/labels.json"))
    tokenizer = Tokenizer.from_file(f"{directory}/assets/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(description["max_tokens"])
    pairs = "text_pair" in calls["serving_text"].structured_input_signature[1]
    typed = "token_type_ids" in calls["serving_default"].structured_input_signature[1]

    worst = {"text": 0.0, "padded_with_first": 0.0, "int64": 0.0, "without_mask": 0.0}
    wrong_labels = 0
    different = set()
    seconds = 0.0
    texts = HARD + lines
    for start in range(0, len(texts), 64):
        batch = texts[start:start + 64]
        second = [texts[(start + i) * 7 % len(texts)][:300] for i in range(len(batch))]
        encoded = tokenizer.encode_batch(list(zip(batch, second)) if pairs else batch)
        ids = [e.ids for e in encoded]
        types = [e.type_ids if description["segments"] else [0] * len(e.ids) for e in encoded]
        mask = [[1] * len(r) for r in ids]

        def feeds(dtype, first, masked=True):
            value = None if first else 0
            feed = {"input_ids": tf.constant(pad(ids, None if first else description["pad_token_id"]), dtype)}
            if masked:
                feed["attention_mask"] = tf.constant(pad(mask, value), dtype)
            if typed and (masked or pairs):
                feed["token_type_ids"] = tf.constant(pad(types, value), dtype)
            return feed

        expected = calls["serving_default"](**feeds(tf.int32, False))
        different.update(row.tobytes() for row in expected["logits"].numpy())
        text = {"text": tf.constant(batch)}
        if pairs:
            text["text_pair"] = tf.constant(second)
        began = time.time()
        got = calls["serving_text"](**text)
        seconds += time.time() - began
        worst["text"] = max(worst["text"], close(got["logits"], expected["logits"]),
                            close(got["probabilities"], expected["probabilities"]))
        best = [labels[i] for i in np.argmax(expected["logits"], 1)]
        wrong_labels += sum(a.decode() != b for a, b in zip(got["label"].numpy(), best))
        for key, output in (
            ("padded_with_first", calls["serving_default"](**feeds(tf.int32, True))),
            ("int64", calls["serving_int64"](**feeds(tf.int64, True))),
            ("without_mask", calls["serving_ids"](**feeds(tf.int64, True, False))),
            ("without_mask", calls["serving_ids"](**feeds(tf.int64, False, False))),
        ):
            worst[key] = max(worst[key], close(output["logits"], expected["logits"]))
    result["texts"] = len(texts)
    result["different_answers"] = len(different)
    result["largest_difference"] = worst
    result["wrong_labels"] = wrong_labels
    result["seconds_serving_text"] = round(seconds, 2)

    # Bytes that are no UTF-8: an answer, the same as of replacement characters.
    broken = [b"a\xffb", b"\xc3(", b"\xed\xa0\x80x"]
    feed = {"text": tf.constant(broken)}
    replaced = {"text": tf.constant([b.decode("utf-8", "replace") for b in broken])}
    for one in (feed, replaced):
        if pairs:
            one["text_pair"] = tf.constant(["b"] * len(broken))
    result["largest_difference"]["invalid_utf8"] = close(
        calls["serving_text"](**feed)["logits"], calls["serving_text"](**replaced)["logits"])

    records = 0
    shapes = set()
    for record in tf.data.TFRecordDataset(f"{directory}/assets.extra/tf_serving_warmup_requests"):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        signature = request.model_spec.signature_name
        inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        if records % 5 == 0:
            calls[signature](**{key: tf.constant(value) for key, value in inputs.items()})
        assert set(inputs) == set(calls[signature].structured_input_signature[1]), signature
        assert request.model_spec.name == name
        shapes.add((signature, *next(iter(inputs.values())).shape))
        records += 1
    result["warmup_records"] = records
    config = text_format.Parse(open(f"{base}/models.config").read(), model_server_config_pb2.ModelServerConfig())
    assert config.model_config_list.config[0].name == name
    result["models_config"] = str(config.model_config_list.config[0].base_path)
    batching = text_format.Parse(open(f"{base}/batching.config").read(), BATCHING())
    assert batching.allowed_batch_sizes[-1] == batching.max_batch_size.value
    assert len(batching.allowed_batch_sizes) == len({s[1] for s in shapes})
    result["batching"] = {"sizes": list(batching.allowed_batch_sizes), "pads": batching.pad_variable_length_inputs}
    return result


BATCHING = type(batching_parameters())
lines = [line.rstrip("\n") for line in open(sys.argv[1], encoding="utf-8")]
results = [check(base, lines) for base in sys.argv[3:]]
report = {"tensorflow": tf.__version__, "results": results}
json.dump(report, open(sys.argv[2], "w"), indent=2)
print(json.dumps(report, indent=2))
for result in results:
    if max(result["largest_difference"].values()) > 1e-5 or result["wrong_labels"]:
        sys.exit(f"{result['model']} differs")
