"""Tiny tokenizers in the shape that each family's files have."""

import json

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

CORPUS = ["한국의 수도는 서울 이다.", "서울은 대한민국의 수도이다. 1394년부터 한강이 흐르는 도시.", "a capital of Korea",
          "the cat sat on the mat", "query: passage: abc", "수도는 어디인가", "task: search result | query: title: none",
          "text: Instruct: Given a web search query, retrieve relevant passages"]
BYTE_LEVEL = 288
SENTENCE_PIECE = 352
UNIGRAM = 152
WORD_PIECE = 112

LLAMA3_SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
                r"\s+(?!\S)|\s+")
QWEN2_SPLIT = LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")


def write_config(folder, tokenizer_class="PreTrainedTokenizerFast", **values):
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": tokenizer_class, **values}, indent=2))


def byte_level(folder, family, appended=None):
    control = ["<|begin_of_text|>", "<pad>", "<|end_of_text|>"] if family == "llama3" else \
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("a", "t"), ("e", "r"), ("Ġ", "a"), ("i", "n"), ("Ġ", "t"), ("ì", "Ħ"), ("ê", "µ"), ("Ġt", "h"), ("Ġth", "e")]
    tokens = control + alphabet + ["".join(pair) for pair in merges]
    tokens += [f"<|reserved_{i}|>" for i in range(BYTE_LEVEL - len(tokens))]
    model = models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges, ignore_merges=family == "llama3")
    tokenizer = Tokenizer(model)
    if family == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3_SPLIT if family == "llama3" else QWEN2_SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True)
                                  for token in tokens if token.startswith("<") and len(token) > 1])
    byte = processors.ByteLevel(trim_offsets=False)
    if appended:
        id_ = tokenizer.token_to_id(appended)
        tokenizer.post_processor = processors.Sequence([byte, processors.TemplateProcessing(
            single=f"$A {appended}", pair=f"$A {appended} $B:1 {appended}:1", special_tokens=[(appended, id_)])])
    elif family == "llama3":
        tokenizer.post_processor = processors.Sequence([byte, processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
            special_tokens=[("<|begin_of_text|>", 0)])])
    else:
        tokenizer.post_processor = byte
    tokenizer.save(str(folder / "tokenizer.json"))
    write_config(folder, bos_token=control[0] if family == "llama3" else None, eos_token=control[2],
                 pad_token=control[1] if family == "llama3" else control[0])


def train(folder, prefix, **options):
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(CORPUS * 4))
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / prefix), character_coverage=1.0, num_threads=1,
        hard_vocab_limit=False, minloglevel=2, **options)
    corpus.unlink()
    (folder / f"{prefix}.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(str(folder / f"{prefix}.model"))
    return [(processor.IdToPiece(i), processor.GetScore(i)) for i in range(processor.GetPieceSize())]


def sentence_piece(folder, ends=False):
    """Gemma's: SentencePiece BPE with byte fallback; a string of spaces is not squeezed and none is added in front."""
    pieces = train(folder, "tokenizer", model_type="bpe", vocab_size=SENTENCE_PIECE, byte_fallback=True, pad_id=0, eos_id=1,
                   bos_id=2, unk_id=3, add_dummy_prefix=False, remove_extra_whitespaces=False,
                   normalization_rule_name="identity", user_defined_symbols=["<start_of_turn>", "<end_of_turn>"])
    assert len(pieces) == SENTENCE_PIECE, len(pieces)
    vocabulary = {piece: i for i, (piece, _) in enumerate(pieces)}
    special = {"<pad>", "<s>", "</s>", "<unk>", "<start_of_turn>", "<end_of_turn>", *(f"<0x{b:02X}>" for b in range(256))}
    merges = []
    for piece, score in pieces:
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if piece not in special and left in vocabulary and right in vocabulary:
                merges.append((-score, vocabulary[left], vocabulary[right], left, right))
    merges.sort()
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[(m[3], m[4]) for m in merges], unk_token="<unk>",
                                     fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in
                                  ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
                                  if token in vocabulary])
    control = {name: vocabulary[name] for name in ("<pad>", "</s>", "<s>", "<unk>") if name in vocabulary}
    bos, eos = pieces[2][0], pieces[1][0]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in control])
    after = f" {eos}" if ends else ""
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A{after}", pair=f"{bos} $A{after} {bos}:1 $B:1{after}", special_tokens=[(bos, 2), (eos, 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_config(folder, bos_token=bos, eos_token=eos, unk_token="<unk>", pad_token="<pad>", add_bos_token=True,
                 add_eos_token=ends)


def unigram(folder):
    """XLM-R's: SentencePiece unigram, its ids moved by one behind four control tokens, and a mask at the end."""
    pieces = train(folder, "sentencepiece.bpe", model_type="unigram", vocab_size=UNIGRAM - 2,
                   normalization_rule_name="identity")
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces[3:]]
    vocabulary += [(f"unused{i}", -99.0) for i in range(UNIGRAM - 1 - len(vocabulary))] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True)
                                  for token in ("<s>", "<pad>", "</s>", "<unk>")]
                                 + [AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_config(folder, bos_token="<s>", eos_token="</s>", unk_token="<unk>", sep_token="</s>", cls_token="<s>",
                 pad_token="<pad>", mask_token="<mask>", model_max_length=64,
                 model_input_names=["input_ids", "attention_mask"])


def word_piece(folder):
    """BERT's: lower case, words and punctuation, longest piece first."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = sorted(set("".join(CORPUS).lower()) - {" "})
    tokens += characters
    tokens += ["##" + c for c in characters if c.isalpha()]
    tokens += ["the", "cat", "수도", "##은", "##의", "서울", "대한민국", "##이다"]
    tokens = list(dict.fromkeys(tokens))
    if len(tokens) > WORD_PIECE:
        tokens = tokens[:WORD_PIECE - 8] + tokens[-8:]
    tokens += [f"[unused{i}]" for i in range(WORD_PIECE - len(tokens))]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]",
                                           max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=True, clean_text=True, handle_chinese_chars=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in tokens[:5]])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_config(folder, unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]",
                 do_lower_case=True, model_max_length=64,
                 model_input_names=["input_ids", "token_type_ids", "attention_mask"])
