package dev.caravan.engine.tokenizer;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufMetadata;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** The tokenizer that a GGUF file describes (keys {@code tokenizer.ggml.*}). */
public final class GgufTokenizers {
    private static final String PREFIX = "tokenizer.ggml.";

    private GgufTokenizers() {}

    /**
     * Builds the tokenizer.
     *
     * @throws ModelFormatException if the vocabulary is not sound or of a kind that the engine does not know
     */
    public static Tokenizer fromMetadata(GgufMetadata metadata) {
        try {
            String model = metadata.string(PREFIX + "model");
            return switch (model) {
                case "llama" -> sentencePieceBpe(metadata);
                case "gpt2" -> byteLevelBpe(metadata);
                case "t5" -> GgufEncoderTokenizers.unigram(metadata);
                case "bert" -> GgufEncoderTokenizers.wordPiece(metadata);
                default ->
                    throw new IllegalArgumentException(
                            "the tokenizer '%s' is not supported; take a model whose tokenizer is 'llama', 'gpt2', 't5' or 'bert'"
                                    .formatted(model));
            };
        } catch (IllegalArgumentException problem) {
            throw metadata.refused(String.valueOf(problem.getMessage()));
        }
    }

    private static Tokenizer sentencePieceBpe(GgufMetadata metadata) {
        String[] tokens = tokens(metadata);
        int[] types = types(metadata, tokens.length);
        float[] scores = metadata.floats(PREFIX + "scores");
        boolean addsSpacePrefix = metadata.flag(PREFIX + "add_space_prefix", true);
        return new SentencePieceBpeTokenizer(new SentencePieceBpeTokenizer.Vocabulary(
                tokens, scores, types, addsSpacePrefix, specialIds(metadata, tokens, types, true)));
    }

    private static Tokenizer byteLevelBpe(GgufMetadata metadata) {
        String[] tokens = tokens(metadata);
        int[] types = types(metadata, tokens.length);
        String[] merges = metadata.strings(PREFIX + "merges").toArray(String[]::new);
        String name = metadata.string(PREFIX + "pre");
        boolean addsBos = PreTokenizer.named(name).addsBos();
        return new ByteLevelBpeTokenizer(new ByteLevelBpeTokenizer.Vocabulary(
                tokens, types, merges, name, specialIds(metadata, tokens, types, addsBos)));
    }

    private static String[] tokens(GgufMetadata metadata) {
        return metadata.strings(PREFIX + "tokens").toArray(String[]::new);
    }

    private static int[] types(GgufMetadata metadata, int tokens) {
        int[] normal = new int[tokens];
        Arrays.fill(normal, TokenType.NORMAL);
        return metadata.integers(PREFIX + "token_type", normal);
    }

    private static SpecialIds specialIds(
            GgufMetadata metadata, String[] tokens, int[] types, boolean addsBosByDefault) {
        Set<Integer> ends = new HashSet<>();
        for (String key : new String[] {"eos_token_id", "eot_token_id", "eom_token_id"}) {
            int id = metadata.integer(PREFIX + key, -1);
            if (id >= 0) {
                ends.add(id);
            }
        }
        for (int id = 0; id < Math.min(tokens.length, types.length); id++) {
            if (types[id] == TokenType.CONTROL && SpecialTokenFiles.END_NAMES.contains(tokens[id])) {
                ends.add(id);
            }
        }
        int bos = metadata.integer(PREFIX + "bos_token_id", -1);
        boolean addsBos = metadata.flag(PREFIX + "add_bos_token", addsBosByDefault && bos >= 0);
        return new SpecialIds(bos, metadata.integer(PREFIX + "unknown_token_id", -1), addsBos, ends);
    }
}
