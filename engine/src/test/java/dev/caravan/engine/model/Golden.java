package dev.caravan.engine.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Reads the files under {@code golden/}, which reference implementations wrote. */
public final class Golden {

    private Golden() {}

    /** A file or folder by its path under {@code golden/}. */
    public static Path path(String name) {
        URL url = Objects.requireNonNull(Golden.class.getResource("/golden/" + name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    public static String text(String name) {
        try {
            return Files.readString(path(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Whole numbers with white space between them. */
    public static int[] ids(String name) {
        return Stream.of(text(name).strip().split("\\s+"))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /** Little-endian float32. */
    public static float[] floats(String name) {
        try {
            byte[] bytes = Files.readAllBytes(path(name));
            float[] values = new float[bytes.length / Float.BYTES];
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(values);
            return values;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Lines of {@code id<TAB>value}, in their order. */
    public static Map<Integer, Float> valuesById(String name) {
        Map<Integer, Float> values = new LinkedHashMap<>();
        text(name)
                .lines()
                .map(line -> line.split("\t", -1))
                .forEach(pair -> values.put(Integer.valueOf(pair[0]), Float.valueOf(pair[1])));
        return values;
    }

    /** The names of the files in a folder that end so, without that ending, sorted. */
    public static String[] names(String folder, String ending) {
        try (Stream<Path> files = Files.list(path(folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(ending))
                    .map(name -> name.substring(0, name.length() - ending.length()))
                    .sorted()
                    .toArray(String[]::new);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The greatest absolute difference. */
    public static float maxDifference(float[] actual, int actualOffset, float[] expected, int offset, int size) {
        if (actual.length < actualOffset + size || expected.length < offset + size) {
            throw new IllegalArgumentException("%d values asked for, %d and %d given"
                    .formatted(size, actual.length - actualOffset, expected.length - offset));
        }
        float greatest = 0;
        for (int i = 0; i < size; i++) {
            float difference = Math.abs(actual[actualOffset + i] - expected[offset + i]);
            greatest = Float.isNaN(difference) ? Float.POSITIVE_INFINITY : Math.max(greatest, difference);
        }
        return greatest;
    }
}
