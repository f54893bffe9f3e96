"""Writes e5-small.tsv from pairs.tsv and texts.txt with the reference engine; see README.md.

usage: generate.py REFERENCE_LIBRARY E5_FILE
"""

import base64
import ctypes
import pathlib
import random
import sys

import numpy

HERE = pathlib.Path(__file__).parent
PREFIX = {"query": "query: ", "passage": "passage: "}
MOST = 512


def unescape(line):
    return (
        line.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\u200b", "\u200b")
        .replace("\\u00a0", "\u00a0")
        .replace("\\u00ad", "\u00ad")
        .replace("\\ufeff", "\ufeff")
    )


def escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def texts():
    """(kind, text): every query and passage, every other text as either kind in turn, and twelve long ones."""
    pairs = [line.split("\t") for line in (HERE / "pairs.tsv").read_text().splitlines()]
    others = [unescape(line) for line in (HERE / "texts.txt").read_text().splitlines()]
    yield from (("query", query) for query, _ in pairs)
    yield from (("passage", passage) for _, passage in pairs)
    yield from (("query" if i % 2 else "passage", text) for i, text in enumerate(others))
    source = random.Random(20261123)
    sentences = [passage for _, passage in pairs] + others[:50]
    for count in (4, 6, 8, 10, 12, 14, 16, 20, 24, 30, 40, 60):
        yield "passage", " ".join(source.choice(sentences) for _ in range(count))


def main(library, file):
    engine = ctypes.CDLL(library)
    engine.e5_load.restype = ctypes.c_void_p
    model = ctypes.c_void_p(engine.e5_load(file.encode()))
    lines = []
    for kind, text in texts():
        ids = (ctypes.c_int * (1 << 16))()
        count = engine.reference_tokens(model, (PREFIX[kind] + text).encode(), ids, len(ids))
        window = [0, *ids[: min(count, MOST - 2)], 2]
        vector = (ctypes.c_float * engine.e5_dim(model))()
        engine.reference_vector(model, (ctypes.c_int * len(window))(*window), len(window), vector)
        if count <= MOST - 2:
            whole = (ctypes.c_float * len(vector))()
            engine.e5_embed(model, text.encode(), int(kind == "query"), whole)
            assert numpy.dot(vector, whole) > 0.99999, text
        packed = base64.b64encode(numpy.asarray(vector, "<f4").tobytes()).decode()
        lines.append("\t".join((kind, escape(text), " ".join(map(str, window)), packed)))
    (HERE / "e5-small.tsv").write_text("\n".join(lines) + "\n")
    print(len(lines), "texts")


main(*sys.argv[1:])
