package dev.caravan.engine.convert;

import dev.caravan.engine.format.gguf.GgufMetadata;
import dev.caravan.engine.tokenizer.TokenType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file's tokenizer as {@code tokenizer.json}. Of byte-level BPE GGUF names the expression that cuts words; those
 * of Llama 3, Qwen 2, GPT-2 and StarCoder are written out here. Of SentencePiece's BPE it has scores, from which the
 * merges follow ({@link SentencePieceMerges}). Source: the {@code tokenizer.json} of these models.
 */
final class TransformersTokenizer {

    private static final String PREFIX = "tokenizer.ggml.";
    private static final String SPACE = "\u2581";

    private static final String WORDS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    private static final String REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    static final String LLAMA_3_EXPRESSION = WORDS + "\\p{N}{1,3}" + REST;
    static final String QWEN_2_EXPRESSION = WORDS + "\\p{N}" + REST;

    private static final Set<String> LLAMA_3 =
            Set.of("llama-bpe", "llama3", "llama-v3", "midm-2.0", "dbrx", "smaug-bpe");
    private static final Set<String> IGNORES_MERGES = Set.of("llama-bpe", "llama3", "llama-v3", "midm-2.0");
    private static final Set<String> QWEN_2 = Set.of("qwen2", "deepseek-r1-qwen", "kormo");
    private static final Set<String> GPT_2 = Set.of("gpt-2", "olmo", "exaone4", "trillion");
    private static final Set<String> STARCODER = Set.of("starcoder", "smollm", "exaone", "refact");

    private final GgufMetadata metadata;
    private final List<String> tokens;
    private final int[] types;

    private TransformersTokenizer(GgufMetadata metadata) {
        this.metadata = metadata;
        this.tokens = metadata.strings(PREFIX + "tokens");
        int[] normal = new int[tokens.size()];
        Arrays.fill(normal, TokenType.NORMAL);
        this.types = metadata.integers(PREFIX + "token_type", normal);
    }

    /** The file's content; none for a tokenizer of another kind. */
    static Optional<Map<String, Object>> of(GgufMetadata metadata) {
        String name = metadata.string(PREFIX + "pre", "");
        return switch (metadata.string(PREFIX + "model")) {
            case "gpt2" ->
                cut(name).map(preTokenizer -> new TransformersTokenizer(metadata).byteLevel(name, preTokenizer));
            case "llama" -> Optional.of(new TransformersTokenizer(metadata).sentencePiece());
            default -> Optional.empty();
        };
    }

    private static Optional<Map<String, Object>> cut(String name) {
        if (LLAMA_3.contains(name)) {
            return Optional.of(split(LLAMA_3_EXPRESSION));
        }
        if (QWEN_2.contains(name)) {
            return Optional.of(split(QWEN_2_EXPRESSION));
        }
        if (GPT_2.contains(name)) {
            return Optional.of(byteLevel(true));
        }
        return STARCODER.contains(name)
                ? Optional.of(sequence(Map.of("type", "Digits", "individual_digits", true), byteLevel(true)))
                : Optional.empty();
    }

    private static Map<String, Object> split(String expression) {
        Map<String, Object> split = new LinkedHashMap<>();
        split.put("type", "Split");
        split.put("pattern", Map.of("Regex", expression));
        split.put("behavior", "Isolated");
        split.put("invert", false);
        return sequence(split, byteLevel(false));
    }

    private static Map<String, Object> sequence(Object first, Object second) {
        Map<String, Object> sequence = new LinkedHashMap<>();
        sequence.put("type", "Sequence");
        sequence.put("pretokenizers", List.of(first, second));
        return sequence;
    }

    private static Map<String, Object> byteLevel(boolean usesRegex) {
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("type", "ByteLevel");
        step.put("add_prefix_space", false);
        step.put("trim_offsets", true);
        step.put("use_regex", usesRegex);
        return step;
    }

    private Map<String, Object> byteLevel(String name, Map<String, Object> preTokenizer) {
        Map<String, @Nullable Object> model = model();
        model.put("ignore_merges", IGNORES_MERGES.contains(name));
        model.put("vocab", vocabulary());
        model.put(
                "merges",
                metadata.strings(PREFIX + "merges").stream()
                        .map(merge -> List.of(merge.split(" ", 2)))
                        .toList());
        return file(null, preTokenizer, byteLevel(true), model);
    }

    /** Spaces become ▁, unknown characters the tokens of their bytes. */
    private Map<String, Object> sentencePiece() {
        boolean addsSpace = metadata.flag(PREFIX + "add_space_prefix", true);
        int unknown = metadata.integer(PREFIX + "unknown_token_id", -1);
        Map<String, Object> vocabulary = vocabulary();
        Map<String, @Nullable Object> model = model();
        model.put("unk_token", unknown < 0 ? null : tokens.get(unknown));
        model.put("fuse_unk", true);
        model.put("byte_fallback", true);
        model.put("ignore_merges", false);
        model.put("vocab", vocabulary);
        model.put("merges", SentencePieceMerges.of(tokens, types, metadata.floats(PREFIX + "scores")));
        Object replace = Map.of("type", "Replace", "pattern", Map.of("String", " "), "content", SPACE);
        Object normalizer = addsSpace
                ? Map.of(
                        "type",
                        "Sequence",
                        "normalizers",
                        List.of(Map.of("type", "Prepend", "prepend", SPACE), replace))
                : replace;
        List<Object> decoders = new ArrayList<>(List.of(
                Map.of("type", "Replace", "pattern", Map.of("String", SPACE), "content", " "),
                Map.of("type", "ByteFallback"),
                Map.of("type", "Fuse")));
        if (addsSpace) {
            decoders.add(Map.of("type", "Strip", "content", " ", "start", 1L, "stop", 0L));
        }
        return file(normalizer, null, Map.of("type", "Sequence", "decoders", decoders), model);
    }

    private Map<String, Object> file(
            @Nullable Object normalizer,
            @Nullable Object preTokenizer,
            Object decoder,
            Map<String, @Nullable Object> model) {
        Map<String, @Nullable Object> file = new LinkedHashMap<>();
        file.put("version", "1.0");
        file.put("truncation", null);
        file.put("padding", null);
        file.put("added_tokens", addedTokens());
        file.put("normalizer", normalizer);
        file.put("pre_tokenizer", preTokenizer);
        file.put("post_processor", postProcessor());
        file.put("decoder", decoder);
        file.put("model", model);
        return Collections.unmodifiableMap(file);
    }

    private boolean isAdded(int id) {
        return types[id] == TokenType.CONTROL || types[id] == TokenType.USER_DEFINED || types[id] == TokenType.UNKNOWN;
    }

    private List<Map<String, Object>> addedTokens() {
        List<Map<String, Object>> added = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (isAdded(id)) {
                Map<String, Object> token = new LinkedHashMap<>();
                token.put("id", (long) id);
                token.put("content", tokens.get(id));
                token.put("single_word", false);
                token.put("lstrip", false);
                token.put("rstrip", false);
                token.put("normalized", false);
                token.put("special", types[id] != TokenType.USER_DEFINED);
                added.add(token);
            }
        }
        return added;
    }

    /** Puts the beginning-of-sequence token before a text, where the file says so. */
    private @Nullable Map<String, Object> postProcessor() {
        int bos = metadata.integer(PREFIX + "bos_token_id", -1);
        boolean isByteLevel = metadata.string(PREFIX + "model").equals("gpt2");
        if (bos < 0 || !metadata.flag(PREFIX + "add_bos_token", !isByteLevel)) {
            return isByteLevel ? byteLevel(false) : null;
        }
        String token = tokens.get(bos);
        Object before = Map.of("SpecialToken", Map.of("id", token, "type_id", 0L));
        Map<String, Object> template = new LinkedHashMap<>();
        template.put("type", "TemplateProcessing");
        template.put("single", List.of(before, Map.of("Sequence", Map.of("id", "A", "type_id", 0L))));
        template.put(
                "pair",
                List.of(
                        before,
                        Map.of("Sequence", Map.of("id", "A", "type_id", 0L)),
                        before,
                        Map.of("Sequence", Map.of("id", "B", "type_id", 1L))));
        template.put(
                "special_tokens",
                Map.of(token, Map.of("id", token, "ids", List.of((long) bos), "tokens", List.of(token))));
        return template;
    }

    private Map<String, Object> vocabulary() {
        boolean isByteLevel = metadata.string(PREFIX + "model").equals("gpt2");
        Map<String, Object> vocabulary = new LinkedHashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            // Unused ids are padding: they are no tokens of any text. SentencePiece's control tokens are pieces as
            // well.
            if (types[id] != TokenType.UNUSED && !(isByteLevel && isAdded(id))) {
                vocabulary.put(tokens.get(id), (long) id);
            }
        }
        return vocabulary;
    }

    private static Map<String, @Nullable Object> model() {
        Map<String, @Nullable Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("dropout", null);
        model.put("unk_token", null);
        model.put("continuing_subword_prefix", null);
        model.put("end_of_word_suffix", null);
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        return model;
    }
}
