package dev.caravan.engine.model;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** One of the tiny random models under {@code golden/architectures}, unpacked, with what the reference computed for it. */
public record TinyCheckpoint(Path folder) {

    /** Unpacks a model into a folder. */
    public static TinyCheckpoint unpack(String name, Path parent) {
        return unpack(Golden.path("architectures/" + name + ".zip"), parent.resolve(name));
    }

    /** Unpacks an archive into a folder. */
    public static TinyCheckpoint unpack(Path archive, Path folder) {
        try (InputStream in = Files.newInputStream(archive);
                ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = folder.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.write(file, zip.readAllBytes());
            }
            return new TinyCheckpoint(folder);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The model as llama.cpp converted it. */
    public Path gguf() {
        return folder.resolve("model.gguf");
    }

    public boolean hasGguf() {
        return Files.exists(gguf());
    }

    public Checkpoint open(String format) {
        return switch (format) {
            case "safetensors" -> SafetensorsCheckpoint.open(folder);
            case "gguf" -> GgufCheckpoint.open(gguf());
            default -> throw new IllegalArgumentException(format);
        };
    }

    /** The formats that the model is there in. */
    public List<String> formats() {
        return hasGguf() ? List.of("safetensors", "gguf") : List.of("safetensors");
    }

    public int[] ids(String name) {
        return ids(text(name).strip().split("\\s+"));
    }

    private static int[] ids(String[] numbers) {
        return Stream.of(numbers).mapToInt(Integer::parseInt).toArray();
    }

    /** The fields of a table's lines. */
    public List<String[]> rows(String name) {
        return text(name).lines().map(line -> line.split("\t", -1)).toList();
    }

    /** A field that holds ids. */
    public static int[] field(String field) {
        return ids(field.split(" "));
    }

    /** Little-endian float32. */
    public float[] floats(String name) {
        try {
            byte[] bytes = Files.readAllBytes(folder.resolve("golden").resolve(name));
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

    private String text(String name) {
        try {
            return Files.readString(folder.resolve("golden").resolve(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Replaces a text in one of the model's files. */
    public void edit(String file, String from, String to) {
        try {
            Path path = folder.resolve(file);
            String text = Files.readString(path);
            if (!text.contains(from)) {
                throw new IllegalArgumentException("%s does not hold %s".formatted(file, from));
            }
            Files.writeString(path, text.replace(from, to));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
