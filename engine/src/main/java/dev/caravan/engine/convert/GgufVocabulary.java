package dev.caravan.engine.convert;

import dev.caravan.engine.format.gguf.GgufValue;
import dev.caravan.engine.tokenizer.ByteLevelBpeTokenizer;
import dev.caravan.engine.tokenizer.SentencePieceBpeTokenizer;
import dev.caravan.engine.tokenizer.SpecialIds;
import dev.caravan.engine.tokenizer.TokenType;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import dev.caravan.engine.tokenizer.TokenizerJson;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder's tokenizer as GGUF's {@code tokenizer.ggml.*} keys. GGUF names the way in which text is cut into words
 * instead of spelling it out: the name is the one with which the engine's own tokenizer gives the same ids as {@code
 * tokenizer.json} for every probe, and a tokenizer for which there is none is refused. GGUF has no normaliser: where
 * {@code tokenizer.json} composes characters (Qwen's NFC), only text that is composed already gets the same ids.
 */
final class GgufVocabulary {

    private static final String PREFIX = "tokenizer.ggml.";

    /** Names of different ways to cut; llama.cpp knows them all. */
    private static final List<String> NAMES =
            List.of("llama-bpe", "qwen2", "gpt-2", "starcoder", "dbrx", "gpt-4o", "qwen35");

    /** Texts in which the ways to cut differ: contractions, digits, marks, spaces, lines, capitals. */
    private static final List<String> PROBES = List.of(
            "I'LL we're they'd IT'S 'tis don't  DON'T",
            "1 12 123 1234 12345 1,234.56 2026-11-24 x2y3",
            "  two   spaces\t tab \n\n\n lines\r\n  end  ",
            "안녕하세요, 대한민국의 수도는 서울입니다. 훈민정음 1446년",
            "e\u0301 a\u0308bc हिन्दी ไทย العربية 漢字かな",
            "camelCase HTTPServer getURLOf ABCdef fooBAR/baz\n// comment",
            "for (int i = 0; i < n; i++) {\n    sum += a[i];\n}\n",
            "🎉👩‍💻 — “quoted” … ½ x² <b>bold</b>",
            "!!! ??? ... --- === ,,, ;; //\n/* */");

    /** More probes than this must not come out differently, whatever the file's merges. */
    private static final int DIFFERENCES_MAX = 2;

    private final TokenizerFile file;
    private final List<String> notes = new ArrayList<>();
    private final Path folder;
    private final int vocabSize;
    private final boolean composes;
    private final String[] tokens;
    private final int[] types;

    private GgufVocabulary(Path folder, int vocabSize) {
        this.folder = folder;
        this.file = TokenizerFile.read(folder);
        this.vocabSize = vocabSize;
        this.composes = file.rest()
                .object("normalizer")
                .map(normalizer -> normalizer.string("type", "").equals("NFC"))
                .orElse(false);
        this.tokens = new String[vocabSize];
        this.types = new int[vocabSize];
    }

    /**
     * The tokenizer of a folder.
     *
     * @param vocabSize the rows of the embeddings: llama.cpp wants a token for each
     */
    static GgufVocabulary of(Path folder, int vocabSize) {
        return new GgufVocabulary(folder, vocabSize);
    }

    /** What a person should know, once the keys were made. */
    List<String> notes() {
        return notes;
    }

    /**
     * The keys, in the order of writing.
     *
     * @throws dev.caravan.engine.ModelFormatException if GGUF cannot say this tokenizer
     */
    Map<String, GgufValue> keys() {
        Tokenizer reference = TokenizerJson.load(folder);
        if (reference.vocabSize() > vocabSize) {
            throw file.refused("the tokenizer has %d tokens, the model's embeddings only %d rows; they are of different"
                            .formatted(reference.vocabSize(), vocabSize)
                    + " models, take both from one build");
        }
        if (!file.modelType().equals("BPE")) {
            throw file.refused(
                    "a tokenizer of the type %s cannot be written to GGUF yet; BPE can".formatted(file.modelType()));
        }
        Map<String, GgufValue> keys = new LinkedHashMap<>();
        fill();
        SpecialIds ids = new SpecialIds(
                reference.bosToken(), file.role("unk_token").orElse(-1), reference.addsBos(), reference.endTokens());
        if (file.hasByteFallback()) {
            sentencePiece(keys, ids, reference);
        } else {
            byteLevel(keys, ids, reference);
        }
        roles(keys, reference);
        if (composes) {
            notes.add("tokenizer.json composes characters (NFC), GGUF's tokenizer does not: text in another form gets"
                    + " other tokens");
        }
        return keys;
    }

    private void fill() {
        for (int id = 0; id < vocabSize; id++) {
            tokens[id] = "[PAD" + id + "]";
            types[id] = TokenType.UNUSED;
        }
        file.tokens().forEach((id, text) -> {
            tokens[id] = text;
            types[id] = isByte(text) && file.hasByteFallback() ? TokenType.BYTE : TokenType.NORMAL;
        });
        Optional<Integer> unknown = file.role("unk_token");
        file.added().forEach((id, token) -> {
            tokens[id] = token.content();
            types[id] = token.special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
        });
        if (file.hasByteFallback()) {
            unknown.ifPresent(id -> types[id] = TokenType.UNKNOWN);
        }
    }

    private static boolean isByte(String text) {
        return text.length() == 6 && text.startsWith("<0x") && text.endsWith(">");
    }

    private void byteLevel(Map<String, GgufValue> keys, SpecialIds ids, Tokenizer reference) {
        String[] merges = file.merges().toArray(String[]::new);
        String name = candidates().stream()
                .filter(candidate -> isSame(
                        reference,
                        new ByteLevelBpeTokenizer(
                                new ByteLevelBpeTokenizer.Vocabulary(tokens, types, merges, candidate, ids))))
                .findFirst()
                .orElseThrow(() -> file.refused("GGUF has no name for the way in which this tokenizer cuts text into"
                        + " words (pre_tokenizer); use the model as a folder, which Caravan can as well"));
        keys.put(PREFIX + "model", GgufValue.string("gpt2"));
        keys.put(PREFIX + "pre", GgufValue.string(name));
        keys.put(PREFIX + "tokens", GgufValue.strings(Arrays.asList(tokens)));
        keys.put(PREFIX + "token_type", GgufValue.integers(types));
        keys.put(PREFIX + "merges", GgufValue.strings(file.merges()));
    }

    /** The name of the file's own expression first: a small vocabulary does not tell all of them apart. */
    private List<String> candidates() {
        String steps = String.valueOf(file.rest().values().get("pre_tokenizer"));
        boolean ignoresMerges = file.rest()
                .object("model")
                .map(model -> model.flag("ignore_merges", false))
                .orElse(false);
        List<String> names = new ArrayList<>();
        if (steps.contains(TransformersTokenizer.LLAMA_3_EXPRESSION)) {
            names.add(ignoresMerges ? "llama-bpe" : "dbrx");
        } else if (steps.contains(TransformersTokenizer.QWEN_2_EXPRESSION)) {
            names.add("qwen2");
        } else if (steps.contains("type=Digits")) {
            names.add("starcoder");
        }
        names.addAll(NAMES);
        return names;
    }

    /** The scores say which pair is joined first: minus the place of the first merge that makes a piece. */
    private void sentencePiece(Map<String, GgufValue> keys, SpecialIds ids, Tokenizer reference) {
        Map<String, Integer> places = new HashMap<>();
        for (String merge : file.merges()) {
            places.putIfAbsent(merge.replace(" ", ""), places.size());
        }
        float[] scores = new float[vocabSize];
        for (int id = 0; id < vocabSize; id++) {
            boolean isPiece = types[id] == TokenType.NORMAL;
            scores[id] = isPiece ? -places.getOrDefault(tokens[id], places.size()) : 0;
        }
        boolean addsSpace = false;
        int least = Integer.MAX_VALUE;
        for (boolean candidate : new boolean[] {false, true}) {
            int different = differences(
                    reference,
                    new SentencePieceBpeTokenizer(
                            new SentencePieceBpeTokenizer.Vocabulary(tokens, scores, types, candidate, ids)));
            addsSpace = different < least ? candidate : addsSpace;
            least = Math.min(least, different);
        }
        if (least > DIFFERENCES_MAX) {
            throw file.refused("GGUF's SentencePiece tokenizer would give other tokens than this file; use the model as"
                    + " a folder, which Caravan can as well");
        }
        if (least > 0) {
            notes.add("for %d of %d probes GGUF's SentencePiece tokenizer gives other tokens than tokenizer.json: its"
                            .formatted(least, PROBES.size() + 1)
                    + " merges do not follow from its pieces");
        }
        keys.put(PREFIX + "model", GgufValue.string("llama"));
        keys.put(PREFIX + "pre", GgufValue.string("default"));
        keys.put(PREFIX + "tokens", GgufValue.strings(Arrays.asList(tokens)));
        keys.put(PREFIX + "scores", GgufValue.floats(scores));
        keys.put(PREFIX + "token_type", GgufValue.integers(types));
        keys.put(PREFIX + "add_space_prefix", GgufValue.bool(addsSpace));
    }

    /** Whether two tokenizers see every probe alike. */
    static boolean haveSameTokens(Tokenizer a, Tokenizer b) {
        return PROBES.stream()
                .allMatch(probe -> Arrays.equals(a.encode(probe, Specials.AS_TEXT), b.encode(probe, Specials.AS_TEXT)));
    }

    private boolean isSame(Tokenizer reference, Tokenizer candidate) {
        return differences(reference, candidate) == 0;
    }

    /** The probes that two tokenizers see differently. */
    private int differences(Tokenizer reference, Tokenizer candidate) {
        int count = 0;
        for (String text : PROBES) {
            String probe = composes ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
            boolean isSame = true;
            for (Specials specials : Specials.values()) {
                isSame &= Arrays.equals(reference.encode(probe, specials), candidate.encode(probe, specials));
            }
            count += isSame ? 0 : 1;
        }
        // What the model was given as control tokens must be parsed alike.
        StringBuilder markup = new StringBuilder("a");
        file.added().values().stream()
                .limit(64)
                .forEach(token -> markup.append(token.content()).append("b "));
        int[] expected = reference.encode(markup.toString(), Specials.PARSE);
        return Arrays.equals(expected, candidate.encode(markup.toString(), Specials.PARSE)) ? count : count + 1;
    }

    private void roles(Map<String, GgufValue> keys, Tokenizer reference) {
        if (reference.bosToken() >= 0) {
            keys.put(PREFIX + "bos_token_id", GgufValue.uint32(reference.bosToken()));
        }
        Set<Integer> ends = new TreeSet<>(reference.endTokens());
        Optional<Integer> end = file.role("eos_token").or(() -> ends.stream().findFirst());
        end.ifPresent(id -> {
            keys.put(PREFIX + "eos_token_id", GgufValue.uint32(id));
            ends.remove(id);
        });
        // The end of a turn beside the end of the text, as generation_config.json lists them.
        ends.stream().findFirst().ifPresent(id -> keys.put(PREFIX + "eot_token_id", GgufValue.uint32(id)));
        file.role("unk_token").ifPresent(id -> keys.put(PREFIX + "unknown_token_id", GgufValue.uint32(id)));
        file.role("pad_token").ifPresent(id -> keys.put(PREFIX + "padding_token_id", GgufValue.uint32(id)));
        keys.put(PREFIX + "add_bos_token", GgufValue.bool(reference.addsBos()));
    }
}
