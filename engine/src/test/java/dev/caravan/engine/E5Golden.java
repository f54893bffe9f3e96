package dev.caravan.engine;

import dev.caravan.engine.TextEncoder.InputKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** What the reference engine of the e5 file gave; see golden/e5-small/README.md. */
final class E5Golden {

    private static final String FOLDER = "/golden/e5-small/";

    private E5Golden() {}

    /** A text with the reference's tokens and vector. */
    @SuppressWarnings("ArrayRecordComponent") // test data, never written
    record Case(InputKind kind, String text, int[] ids, float[] vector) {
        @Override
        public String toString() {
            return kind + " " + text.substring(0, Math.min(40, text.length()));
        }
    }

    /** A question and the passage that answers it. */
    record Pair(String query, String passage) {}

    static List<Case> cases() {
        return lines("e5-small.tsv").stream()
                .map(line -> line.split("\t", -1))
                .map(fields -> new Case(
                        InputKind.valueOf(fields[0].toUpperCase(Locale.ROOT)),
                        fields[1].translateEscapes(),
                        Arrays.stream(fields[2].split(" "))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        floats(fields[3])))
                .toList();
    }

    static List<Pair> pairs() {
        return lines("pairs.tsv").stream()
                .map(line -> line.split("\t", -1))
                .map(fields -> new Pair(fields[0], fields[1]))
                .toList();
    }

    private static float[] floats(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        float[] values = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    private static List<String> lines(String name) {
        try (InputStream in = Objects.requireNonNull(E5Golden.class.getResourceAsStream(FOLDER + name), name)) {
            return List.of(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .stripTrailing()
                    .split("\n"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
