package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.model.Golden;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The files that the reference implementations wrote, and what is in them (golden/safetensors/make.py). */
final class GoldenSafetensors {

    /** A line of expected.tsv. */
    record Expected(String folder, String tensor, String shape, String sha256, String firstValues) {}

    private GoldenSafetensors() {}

    static Path path(String name) {
        return Golden.path("safetensors/" + name);
    }

    static List<Expected> expected(String folder) {
        try {
            return Files.readAllLines(path("expected.tsv")).stream()
                    .map(line -> line.split("\t", -1))
                    .map(cells -> new Expected(cells[0], cells[1], cells[2], cells[3], cells[4]))
                    .filter(line -> line.folder.equals(folder))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, values.length);
        return values;
    }

    /** The hash of the values as little-endian floats. */
    static String sha256(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String firstValues(float[] values) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(4, values.length); i++) {
            text.append(i == 0 ? "" : " ").append(values[i]);
        }
        return text.toString();
    }
}
