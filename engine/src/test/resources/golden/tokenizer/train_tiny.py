"""Trains the tiny vocabularies of the tests on lines that lines.py composes with another seed, and writes them as GGUF files
without tensors, with llama.cpp's ids beside them.

    tiny-bpe-PRE.gguf.gz    byte-level BPE of 2,000 tokens by the tokenizers library; PRE is the pre-tokenizer that is named
    tiny-spm.gguf.gz        SentencePiece BPE with byte fallback, 2,400 pieces, a space in front, user-defined pieces
Some tokens cannot be reached by merges: they appear only where a pre-tokenizer takes whole words (ignore_merges).
Usage: python train_tiny.py LLAMA_IDS_BINARY OUTPUT_DIRECTORY      (needs gguf, tokenizers, sentencepiece)
"""

import gzip
import io
import os
import sys
import tempfile

import gguf
import sentencepiece
import tokenizers

import lines
import llama_ids

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PRE = ["llama-bpe", "dbrx", "qwen2", "gpt-2", "exaone"]
UNREACHABLE = ["Ġcaravan", "tokenizer", "Ġserver", "ĠWHY"]
CONTROLS = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>", "<b>"]
USER = ["   ", "<unk>", "[multimodal]"]


def corpus():
    return lines.lines(seed=7, scale=0.5)


def byte_level():
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Split(tokenizers.Regex(LLAMA3), "isolated"),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=2000, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    model.train_from_iterator(corpus(), trainer)
    import json
    trained = json.loads(model.to_str())["model"]
    tokens = [token for token, _ in sorted(trained["vocab"].items(), key=lambda entry: entry[1])]
    used = {"".join(merge) for merge in trained["merges"]}
    merges = [" ".join(merge) for merge in trained["merges"] if "".join(merge) not in UNREACHABLE]
    merges = [merge for merge in merges if not set(merge.split(" ")) & set(UNREACHABLE)]
    tokens += [token for token in UNREACHABLE if token not in tokens]
    # A merge whose result nothing makes any more would name a token that is not there: results all stay in the list.
    assert used >= {merge.replace(" ", "") for merge in merges}
    types = [NORMAL] * len(tokens) + [CONTROL] * len(CONTROLS) + [USER_DEFINED] * len(USER)
    return tokens + CONTROLS + USER, types, merges


def sentence_piece():
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for text in corpus() for line in text.split("\n")), model_writer=out, model_type="bpe",
        vocab_size=2400, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        user_defined_symbols=["<b>", "    "], control_symbols=["<start_of_turn>", "<end_of_turn>"], character_coverage=0.98,
        hard_vocab_limit=False, minloglevel=2)
    model = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    tokens, scores, types = [], [], []
    for index in range(model.get_piece_size()):
        piece = model.id_to_piece(index)
        user = piece in ("<b>", "\u2581" * 4)
        tokens.append(piece.replace("\u2581", " ") if user else piece)
        scores.append(model.get_score(index))
        types.append(UNKNOWN if model.is_unknown(index) else CONTROL if model.is_control(index) else
                     BYTE if model.is_byte(index) else USER_DEFINED if user else NORMAL)
    return tokens, scores, types


def write_gguf(path, model, tokens, types, bos, eos, scores=None, merges=None, pre=None):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_bos_token_id(bos)
    writer.add_eos_token_id(eos)
    if scores is not None:
        writer.add_token_scores(scores)
        writer.add_unk_token_id(0)
    if merges is not None:
        writer.add_token_merges(merges)
        writer.add_tokenizer_pre(pre)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def publish(binary, path, name, directory):
    lines.write(os.path.join(directory, name + ".ids.gz"), llama_ids.reference(binary, path, lines.lines()))
    with open(path, "rb") as plain, open(os.path.join(directory, name + ".gguf.gz"), "wb") as raw, \
            gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(plain.read())


def main(binary, directory):
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "tiny.gguf")
        tokens, types, merges = byte_level()
        for pre in PRE:
            write_gguf(path, "gpt2", tokens, types, tokens.index("<|begin_of_text|>"), tokens.index("<|end_of_text|>"),
                       merges=merges, pre=pre)
            publish(binary, path, "tiny-bpe-" + pre, directory)
        tokens, scores, types = sentence_piece()
        write_gguf(path, "llama", tokens, types, 1, 2, scores=scores)
        publish(binary, path, "tiny-spm", directory)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
