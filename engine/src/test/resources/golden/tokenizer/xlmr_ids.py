"""Reference ids of lines.txt.gz for multilingual-e5-small by SentencePiece: e5.ids.gz, one row per line, no special tokens.

The vocabulary is read from the packed model file, the normaliser is SentencePiece's own nmt_nfkc. That one leaves U+200D alone
where XLM-R's (of 2019, stored in the file) makes it a space: the reference sees it as a space.
Usage: python xlmr_ids.py e5-small-q4.bin OUTPUT.ids.gz      (needs sentencepiece and protobuf)
"""

import io
import struct
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto

import lines

NORMAL, UNKNOWN, CONTROL = 1, 2, 3


def vocabulary(path):
    data = open(path, "rb").read()
    assert data[:4] == b"E5S1"
    position = 8 + struct.calcsize("<7ifi")
    count, bos, eos, pad, unknown, blob_bytes = struct.unpack_from("<5iQ", data, position)
    position += struct.calcsize("<5iQ")
    offsets = struct.unpack_from("<%dI" % (count + 1), data, position)
    position += 4 * (count + 1)
    scores = struct.unpack_from("<%df" % count, data, position)
    blob = data[position + 4 * count:position + 4 * count + blob_bytes]
    pieces = [blob[offsets[i]:offsets[i + 1]].decode("utf-8") for i in range(count)]
    return pieces, scores, unknown, {bos, eos, pad, count - 1}


def processor(path):
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a normaliser is all that is wanted"] * 100), model_writer=trained, model_type="unigram",
        vocab_size=40, hard_vocab_limit=False, normalization_rule_name="nmt_nfkc", minloglevel=2)
    model = proto.ModelProto()
    model.ParseFromString(trained.getvalue())
    del model.pieces[:]
    pieces, scores, unknown, control = vocabulary(path)
    for index, (piece, score) in enumerate(zip(pieces, scores)):
        kind = UNKNOWN if index == unknown else CONTROL if index in control else NORMAL
        model.pieces.add(piece=piece, score=score, type=kind)
    model.trainer_spec.vocab_size = len(pieces)
    model.trainer_spec.unk_id = unknown
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())


if __name__ == "__main__":
    reference = processor(sys.argv[1])
    texts = [line.replace("\u200d", " ") for line in lines.lines()]
    lines.write(sys.argv[2], [" ".join(map(str, reference.encode("query: " + text))) for text in texts])
