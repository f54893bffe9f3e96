"""The tiny encoders of hf_tiny.py as GGUF files without tensors, as llama.cpp's converter writes such vocabularies.

    tiny-t5.gguf.gz, tiny-t5.ids.gz          unigram with SentencePiece's character map; llama.cpp's ids of lines.py
    tiny-bert.gguf.gz, tiny-bert-cased.gguf.gz   WordPiece; the ids are those of hf-bert.hf.gz and hf-bert-cased.hf.gz
Usage: python gguf_tiny.py LLAMA_IDS_BINARY DIRECTORY      (needs gguf)
"""

import base64
import gzip
import os
import sys
import tempfile

import gguf

import hf_ids
import lines
import llama_ids

NORMAL, UNKNOWN, CONTROL = 1, 2, 3
MARK = "\u2581"


def pack(path, packed):
    with open(path, "rb") as plain, open(packed, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as target:
        target.write(plain.read())


def unigram(spec, path):
    special = {token["id"]: token["content"] for token in spec["added_tokens"]}
    pieces = [(piece, score, NORMAL) for piece, score in spec["model"]["vocab"]]
    for index, content in sorted(special.items()):
        entry = (content, 0.0, UNKNOWN if index == spec["model"]["unk_id"] else CONTROL)
        if index < len(pieces):
            pieces[index] = entry
        else:
            pieces.append(entry)
    writer = gguf.GGUFWriter(path, "t5encoder")
    writer.add_tokenizer_model("t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([piece for piece, _, _ in pieces])
    writer.add_token_scores([score for _, score, _ in pieces])
    writer.add_token_types([kind for _, _, kind in pieces])
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    writer.add_precompiled_charsmap(base64.b64decode(spec["normalizer"]["precompiled_charsmap"]))
    ids = {content: index for index, content in special.items()}
    writer.add_bos_token_id(ids["<s>"])
    writer.add_eos_token_id(ids["</s>"])
    writer.add_sep_token_id(ids["</s>"])
    writer.add_pad_token_id(ids["<pad>"])
    writer.add_unk_token_id(ids["<unk>"])
    writer.add_mask_token_id(ids["<mask>"])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    close(writer)


def word_piece(spec, path):
    ids = spec["model"]["vocab"]
    special = {token["content"] for token in spec["added_tokens"]}
    tokens = [token for token, _ in sorted(ids.items(), key=lambda entry: entry[1])]
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token if token in special else token[2:] if token.startswith("##") else MARK + token for token in tokens])
    writer.add_token_types([CONTROL if token in special else NORMAL for token in tokens])
    writer.add_uint32("tokenizer.ggml.cls_token_id", ids["[CLS]"])
    writer.add_sep_token_id(ids["[SEP]"])
    writer.add_pad_token_id(ids["[PAD]"])
    writer.add_unk_token_id(ids["[UNK]"])
    writer.add_mask_token_id(ids["[MASK]"])
    close(writer)


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def main(binary, directory):
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "tiny.gguf")
        unigram(hf_ids.read(os.path.join(directory, "hf-xlm-roberta.json.gz")), path)
        lines.write(os.path.join(directory, "tiny-t5.ids.gz"), llama_ids.reference(binary, path, lines.lines()))
        pack(path, os.path.join(directory, "tiny-t5.gguf.gz"))
        for name in ("bert", "bert-cased"):
            word_piece(hf_ids.read(os.path.join(directory, "hf-%s.json.gz" % name)), path)
            pack(path, os.path.join(directory, "tiny-%s.gguf.gz" % name))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
