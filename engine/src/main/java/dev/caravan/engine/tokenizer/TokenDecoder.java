package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The way back from a token's spelling to the bytes that it stands for, as the decoder of {@code tokenizer.json} says.
 * Bytes of one token after the other make the text: what a decoder does across tokens is only the white space that it
 * strips where the text begins.
 *
 * @param respell what becomes of the spelling before it is bytes
 * @param spelling how the spelling stands for bytes
 * @param leadingSpaces the number of spaces that are dropped where the text begins
 */
record TokenDecoder(UnaryOperator<String> respell, Spelling spelling, int leadingSpaces) {

    private static final int MAX_STEPS = 32;
    private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

    /** How a spelling stands for bytes. */
    enum Spelling {
        /** It is the text. */
        TEXT,
        /** In {@link ByteAlphabet}. */
        BYTE_LEVEL,
        /** The text, or a byte as {@code <0x0A>}. */
        BYTE_FALLBACK
    }

    /**
     * Reads the key {@code decoder}.
     *
     * @throws dev.caravan.engine.ModelFormatException if it holds something that is not known, or an order of steps that
     *     does not work token by token
     */
    static TokenDecoder read(JsonObject file) {
        Optional<JsonObject> decoder = file.object("decoder");
        if (decoder.isEmpty()) {
            // Without a decoder the reference puts a space between tokens.
            return new TokenDecoder(" "::concat, Spelling.TEXT, 1);
        }
        Reader reader = new Reader();
        reader.add(decoder.get());
        return reader.decoder();
    }

    /** The bytes of a token; possibly a part of a character. */
    byte[] bytes(String token) {
        String text = respell.apply(token);
        return switch (spelling) {
            case TEXT -> text.getBytes(StandardCharsets.UTF_8);
            case BYTE_LEVEL -> byteLevel(text);
            case BYTE_FALLBACK ->
                BYTE_TOKEN.matcher(text).matches()
                        ? new byte[] {(byte) Integer.parseInt(text, 3, 5, 16)}
                        : text.getBytes(StandardCharsets.UTF_8);
        };
    }

    private static byte[] byteLevel(String text) {
        byte[] bytes = new byte[text.length()];
        // Added tokens are spelled as they are.
        return ByteAlphabet.decode(text, bytes) < 0 ? text.getBytes(StandardCharsets.UTF_8) : bytes;
    }

    /** Collects the steps of a decoder. */
    private static final class Reader {
        private final List<UnaryOperator<String>> steps = new ArrayList<>();
        private Spelling spelling = Spelling.TEXT;
        private int leadingSpaces;
        private boolean isFused;
        private int count;

        void add(JsonObject json) {
            String type = json.string("type");
            if (++count > MAX_STEPS) {
                throw json.refused("the decoder has more than %d steps".formatted(MAX_STEPS));
            }
            switch (type) {
                case "Sequence" -> json.objects("decoders").forEach(this::add);
                case "Fuse" -> isFused = true;
                case "Strip" -> strip(json);
                case "ByteLevel" -> bytes(json, Spelling.BYTE_LEVEL);
                case "ByteFallback" -> bytes(json, Spelling.BYTE_FALLBACK);
                case "Replace" -> {
                    ReplaceNormalizer replace =
                            new ReplaceNormalizer(NormalizerReader.pattern(json), json.string("content"));
                    respell(json, replace::normalize);
                }
                case "Metaspace" -> {
                    MetaspaceStep metaspace = PreTokenizerReader.metaspace(json);
                    respell(json, token -> token.replace(metaspace.mark(), ' '));
                    leadingSpaces = metaspace.prepend() == MetaspaceStep.Prepend.NEVER ? 0 : 1;
                }
                case "WordPiece" -> {
                    String prefix = json.string("prefix", "##");
                    boolean cleansUp = json.flag("cleanup", true);
                    respell(json, token -> wordPiece(token, prefix, cleansUp));
                    leadingSpaces = 1;
                }
                default ->
                    throw json.refused(
                            "%s is '%s', a decoder that is not supported".formatted(json.place("type"), type));
            }
        }

        private void respell(JsonObject json, UnaryOperator<String> step) {
            if (isFused || spelling != Spelling.TEXT) {
                throw misplaced(json);
            }
            steps.add(step);
        }

        private void bytes(JsonObject json, Spelling kind) {
            if (isFused || spelling != Spelling.TEXT) {
                throw misplaced(json);
            }
            spelling = kind;
        }

        private void strip(JsonObject json) {
            int start = json.integer("start", 0);
            if (!isFused
                    || !json.string("content").equals(" ")
                    || json.integer("stop", 0) != 0
                    || start < 0
                    || start > 16) {
                throw misplaced(json);
            }
            leadingSpaces = start;
        }

        private static RuntimeException misplaced(JsonObject json) {
            return json.refused("%s is a decoder that is not supported in this place and with these settings"
                    .formatted(json.place("type")));
        }

        TokenDecoder decoder() {
            List<UnaryOperator<String>> all = List.copyOf(steps);
            return new TokenDecoder(
                    token -> {
                        String text = token;
                        for (UnaryOperator<String> step : all) {
                            text = step.apply(text);
                        }
                        return text;
                    },
                    spelling,
                    leadingSpaces);
        }
    }

    /** Tokens behind the first of a word join it, other ones follow a space; signs lose the space before them. */
    static String wordPiece(String token, String prefix, boolean cleansUp) {
        String text = token.startsWith(prefix) ? token.substring(prefix.length()) : " ".concat(token);
        if (!cleansUp) {
            return text;
        }
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" do not", " don't")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }
}
