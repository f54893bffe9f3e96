"""Trains a tiny tokenizer.json of each family with the tokenizers library, and writes what the library makes of it:

    hf-NAME.json.gz    the file
    hf-NAME.hf.gz      ids of all lines, see hf_ids.py
    hf-NAME.text.gz    the first 300 lines and the extra ones decoded again: skipping special tokens, a tab, keeping them
    hf-NAME.pairs.gz   single lines and pairs with the special tokens around them: ids, a tab, segments
    hf-extra.txt.gz    the extra lines
Usage: python hf_tiny.py OUTPUT_DIRECTORY      (needs tokenizers, sentencepiece, protobuf)
"""

import base64
import io
import json
import os
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import hf_ids
import lines

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
ODD = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"


def corpus():
    return lines.lines(seed=7, scale=0.5)


def corpus_without(tokens):
    """A trainer of unigram models would learn special tokens that the text spells out once more, and llama.cpp takes other
    families' tokens of this kind for special ones by their names."""
    texts = corpus()
    for token in tokens + lines.CONTROL + ["\0"]:
        texts = [text.replace(token, "") for text in texts]
    return texts


def special(*contents, **flags):
    return [AddedToken(content, special=True, normalized=False, **flags) for content in contents]


def byte_level(pre_tokenizer, **model):
    made = Tokenizer(models.BPE(**model))
    made.pre_tokenizer = pre_tokenizer
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=2000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return made


def split(expression):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(expression), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def llama3():
    made = byte_level(split(LLAMA3), ignore_merges=True)
    made.add_special_tokens(special("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<b>", "</b>", "<table>",
                                    "</tfoot>\"", "#@이름@#", "#@전화번호@#", "<|start_header_id|>", "<|end_header_id|>"))
    made.add_tokens([AddedToken("[multimodal]", normalized=False), AddedToken("<word>", single_word=True, normalized=False)])
    bos = made.token_to_id("<|begin_of_text|>")
    made.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                                      special_tokens=[("<|begin_of_text|>", bos)])])
    return made


def qwen2():
    made = byte_level(split(QWEN2))
    made.normalizer = normalizers.NFC()
    made.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    made.add_tokens([AddedToken(content, normalized=False) for content in ("<think>", "</think>", "<tool_call>")])
    made.post_processor = processors.ByteLevel(trim_offsets=False)
    return made


def qwen2_strings():
    """The same with merges as strings, as files of before 2024 have them."""
    spec = json.loads(qwen2().to_str())
    spec["model"]["merges"] = [" ".join(merge) for merge in spec["model"]["merges"]]
    return spec


def starcoder():
    made = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    made.add_special_tokens(special("<|endoftext|>", "<s>"))
    return made


def odd():
    """What no big family needs, together: possessive signs, prefix space, added tokens of every kind, pieces after pieces."""
    made = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.Split("-", "merged_with_next"),
        pre_tokenizers.Split(Regex(ODD), "removed", invert=True), pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.Split("e", "merged_with_previous"), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)]))
    made.normalizer = normalizers.Sequence([
        normalizers.NFD(), normalizers.StripAccents(), normalizers.Replace(Regex(r"\h{6,}"), "HEX"), normalizers.NFKC(),
        normalizers.Lowercase(), normalizers.Replace("  ", " "), normalizers.Strip(left=False, right=True)])
    made.add_special_tokens(special("<s>", "<unk>") + special("<mask>", lstrip=True) + special("<pad>", rstrip=True))
    made.add_special_tokens([AddedToken("[CLS]", normalized=True, single_word=True)])
    made.add_tokens([AddedToken("ABC", normalized=True, single_word=True), AddedToken("<word>", normalized=True, lstrip=True, rstrip=True),
                     AddedToken("<think>", normalized=True), AddedToken("</think>", normalized=False)])
    cls, unk = made.token_to_id("<s>"), made.token_to_id("<unk>")
    made.post_processor = processors.RobertaProcessing(("<unk>", unk), ("<s>", cls))
    return made


def metaspace_bpe(normalizer, pre_tokenizer, decoder):
    """SentencePiece-style BPE with byte tokens; characters of one byte are not tokens, so that bytes appear."""
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>"]
    made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizer
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    made.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=2400, special_tokens=tokens + ["<0x%02X>" % value for value in range(256)], limit_alphabet=700, show_progress=False))
    spec = json.loads(made.to_str())
    spec["added_tokens"] = [token for token in spec["added_tokens"] if token["content"] in tokens]
    made = Tokenizer.from_str(json.dumps(spec))
    made.pre_tokenizer = pre_tokenizer
    made.decoder = decoder
    return made


def gemma():
    made = metaspace_bpe(
        normalizers.Replace(" ", "\u2581"), pre_tokenizers.Split(" ", "merged_with_previous"),
        decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]))
    made.add_special_tokens(special("<start_of_turn>", "<end_of_turn>"))
    made.add_tokens([AddedToken(content, normalized=False) for content in ("[multimodal]", "\n\n", "<b>", "</s>")])
    made.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", made.token_to_id("<bos>"))])
    return made


def llama2():
    made = metaspace_bpe(
        normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]), None,
        decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]))
    made.add_special_tokens(special("<s>", "</s>", "[INST]"))
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", made.token_to_id("<s>"))])
    return made


def llama2_first():
    """The newer form of the same: a metaspace in front of the first word only, words cut at spaces."""
    made = metaspace_bpe(None, pre_tokenizers.Metaspace(prepend_scheme="first"), decoders.Metaspace(prepend_scheme="first"))
    made.add_special_tokens(special("<s>", "</s>", "<mask>"))
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>",
        special_tokens=[("<s>", made.token_to_id("<s>")), ("</s>", made.token_to_id("</s>"))])
    return made


def charsmap():
    """SentencePiece's own nmt_nfkc, which XLM-R's normaliser is an older form of."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a normaliser is all that is wanted"] * 100), model_writer=trained, model_type="unigram",
        vocab_size=40, hard_vocab_limit=False, normalization_rule_name="nmt_nfkc", minloglevel=2)
    model = proto.ModelProto()
    model.ParseFromString(trained.getvalue())
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode("ascii")


def unigram(normalizer, byte_fallback=False):
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizer
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    made.decoder = decoders.Metaspace(prepend_scheme="always")
    tokens = ["<s>", "<pad>", "</s>", "<unk>"] + (["<0x%02X>" % value for value in range(256)] if byte_fallback else [])
    made.train_from_iterator(corpus_without(tokens), trainers.UnigramTrainer(
        vocab_size=3000, special_tokens=tokens, unk_token="<unk>", show_progress=False, max_piece_length=16))
    spec = json.loads(made.to_str())
    spec["model"]["byte_fallback"] = byte_fallback
    spec["added_tokens"] = [token for token in spec["added_tokens"] if token["id"] < 4]
    made = Tokenizer.from_str(json.dumps(spec))
    made.add_special_tokens(special("<mask>", lstrip=True))
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", made.token_to_id("<s>")), ("</s>", made.token_to_id("</s>"))])
    return made


def xlm_roberta():
    made = json.loads(unigram(normalizers.NFKC()).to_str())
    made["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": charsmap()}
    made["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}]}
    return made


def unigram_bytes():
    made = unigram(normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]), True)
    made.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return made


def bert(lowercase):
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=None if lowercase else False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.train_from_iterator(corpus(), trainers.WordPieceTrainer(
        vocab_size=3000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    made.post_processor = processors.BertProcessing(
        ("[SEP]", made.token_to_id("[SEP]")), ("[CLS]", made.token_to_id("[CLS]")))
    return made


FAMILIES = {
    "llama3": llama3, "qwen2": qwen2, "qwen2-strings": qwen2_strings, "starcoder": starcoder, "odd": odd, "gemma": gemma,
    "llama2": llama2, "llama2-first": llama2_first, "xlm-roberta": xlm_roberta, "unigram-bytes": unigram_bytes,
    "bert": lambda: bert(True), "bert-cased": lambda: bert(False)}


def framed(encoding):
    return " ".join(map(str, encoding.ids)) + "\t" + " ".join(map(str, encoding.type_ids))


def publish(directory, name, spec):
    lines.write(os.path.join(directory, "hf-%s.json.gz" % name), [json.dumps(spec, ensure_ascii=False)])
    lines.write(os.path.join(directory, "hf-%s.hf.gz" % name), hf_ids.reference(spec, hf_ids.all_lines()))
    made = Tokenizer.from_str(json.dumps(spec))
    texts = lines.lines()[:300] + hf_ids.extra_lines()
    rows = []
    for text in texts:
        ids = made.encode(text, add_special_tokens=False).ids
        rows.append("\t".join(lines.escape(made.decode(ids, skip_special_tokens=skip)).replace("\t", "\\t") for skip in (True, False)))
    lines.write(os.path.join(directory, "hf-%s.text.gz" % name), rows)
    pairs = [framed(made.encode(text)) for text in texts[:40]]
    pairs += [framed(made.encode(first, second)) for first, second in zip(texts[:40], texts[40:80])]
    lines.write(os.path.join(directory, "hf-%s.pairs.gz" % name), pairs)


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    lines.write(os.path.join(sys.argv[1], "hf-extra.txt.gz"), [lines.escape(text) for text in hf_ids.extra_lines()])
    for name in sys.argv[2:] or FAMILIES:
        made = FAMILIES[name]()
        publish(sys.argv[1], name, made if isinstance(made, dict) else json.loads(made.to_str()))
        print(name)
