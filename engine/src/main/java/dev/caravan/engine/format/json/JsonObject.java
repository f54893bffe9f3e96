package dev.caravan.engine.format.json;

import dev.caravan.engine.ModelFormatException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * An object of a checkpoint's JSON file. Getters check the type and name file and key when it is another one. A key
 * that holds {@code null} counts as absent. Immutable and thread-safe.
 *
 * <p>Every getter throws {@link ModelFormatException} when the key is absent (and no default was given) or holds another
 * kind of value.
 */
public final class JsonObject {

    /** The largest file that is read whole; a model's config has a few kilobytes, a shard index a few megabytes. */
    public static final long MAX_BYTES = 64L << 20;

    private final Path file;
    private final String prefix;
    private final Map<String, @Nullable Object> values;

    private JsonObject(Path file, String prefix, Map<String, @Nullable Object> values) {
        this.file = file;
        this.prefix = prefix;
        this.values = values;
    }

    /**
     * Reads a file of at most {@link #MAX_BYTES}.
     *
     * @throws ModelFormatException if there is no such file, or it is too large, or holds no JSON object
     * @throws UncheckedIOException if the system cannot read it
     */
    public static JsonObject read(Path file) {
        requireSize(file, MAX_BYTES);
        try {
            // Malformed UTF-8 becomes the replacement character, as in Python's lenient readers.
            return parse(file, new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    /**
     * Reads a file that is too large to be held: some of its objects or lists go to sinks, member by member, and stand
     * empty in the result.
     *
     * @param maxBytes a longer file is refused
     * @param sinks by path ({@code model.vocab}); what they throw goes through to the caller
     * @throws ModelFormatException if there is no such file, or it is too large, or holds no JSON object
     * @throws UncheckedIOException if the system cannot read it
     */
    public static JsonObject read(Path file, long maxBytes, Map<String, JsonSink> sinks) {
        requireSize(file, maxBytes);
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return object(file, () -> JsonValues.parse(stream, sinks));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    private static void requireSize(Path file, long maxBytes) {
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(
                    file, "there is no such file in %s; take the model's whole folder".formatted(file.getParent()));
        }
        try {
            long bytes = Files.size(file);
            if (bytes > maxBytes) {
                throw new ModelFormatException(
                        file, "it has %d bytes, more than the %d that are read".formatted(bytes, maxBytes));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    /**
     * The object of a text.
     *
     * @param file named in errors
     * @throws ModelFormatException if the text is not a JSON object
     */
    public static JsonObject parse(Path file, String text) {
        return object(file, () -> JsonValues.parse(text));
    }

    private static JsonObject object(Path file, Supplier<@Nullable Object> parser) {
        Object value;
        try {
            value = parser.get();
        } catch (JacksonException unsound) {
            throw new ModelFormatException(
                    file, "it is not sound JSON (%s); fetch it again".formatted(reason(unsound)), unsound);
        } catch (IllegalArgumentException unsound) {
            throw new ModelFormatException(
                    file, "it is not sound JSON (%s); fetch it again".formatted(unsound.getMessage()), unsound);
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new ModelFormatException(file, "it should hold a JSON object; fetch it again");
        }
        return new JsonObject(file, "", copy(map));
    }

    /** An object of values that are at hand: Map, List, String, numbers, Boolean. */
    public static JsonObject of(Path file, Map<String, ?> values) {
        return new JsonObject(file, "", copy(values));
    }

    private static String reason(JacksonException unsound) {
        return "%s in line %d"
                .formatted(
                        unsound.getOriginalMessage(),
                        unsound.getLocation() == null
                                ? 1
                                : unsound.getLocation().getLineNr());
    }

    private static Map<String, @Nullable Object> copy(Map<?, ?> map) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(String.valueOf(key), value));
        return Collections.unmodifiableMap(copy);
    }

    /** The file that the object came from. */
    public Path file() {
        return file;
    }

    /** All keys in the order of the file, those of null values too. */
    public Set<String> keys() {
        return values.keySet();
    }

    /** The plain values, null among them. */
    public Map<String, @Nullable Object> values() {
        return values;
    }

    /** Whether the key is there and not null. */
    public boolean has(String key) {
        return values.get(key) != null;
    }

    public String string(String key) {
        if (require(key) instanceof String text) {
            return text;
        }
        throw mismatch(key, "a string");
    }

    public String string(String key, String otherwise) {
        return has(key) ? string(key) : otherwise;
    }

    /** An integer that fits an int; {@code 8192.0} counts as one. */
    public int integer(String key) {
        if (require(key) instanceof Number number && number.doubleValue() == (int) number.doubleValue()) {
            return (int) number.doubleValue();
        }
        throw mismatch(key, "an integer of at most %d".formatted(Integer.MAX_VALUE));
    }

    public int integer(String key, int otherwise) {
        return has(key) ? integer(key) : otherwise;
    }

    public double number(String key) {
        if (require(key) instanceof Number number) {
            return number.doubleValue();
        }
        throw mismatch(key, "a number");
    }

    public double number(String key, double otherwise) {
        return has(key) ? number(key) : otherwise;
    }

    public boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (require(key) instanceof Boolean flag) {
            return flag;
        }
        throw mismatch(key, "true or false");
    }

    /** The object under a key, empty where the key is absent. */
    public Optional<JsonObject> object(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (require(key) instanceof Map<?, ?> map) {
            return Optional.of(new JsonObject(file, prefix + key + ".", copy(map)));
        }
        throw mismatch(key, "an object");
    }

    /** The list under a key, empty where the key is absent. */
    public Optional<List<@Nullable Object>> list(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (require(key) instanceof List<?> list) {
            return Optional.of(Collections.unmodifiableList(list));
        }
        throw mismatch(key, "a list");
    }

    /** The objects of the list under a key, empty where the key is absent; each names its place in errors. */
    public List<JsonObject> objects(String key) {
        List<JsonObject> objects = new ArrayList<>();
        for (Object element : list(key).orElse(List.of())) {
            if (!(element instanceof Map<?, ?> map)) {
                throw mismatch(key, "a list of objects");
            }
            objects.add(new JsonObject(file, "%s[%d].".formatted(prefix + key, objects.size()), copy(map)));
        }
        return objects;
    }

    /** A key with the keys that lead to this object, as errors name it: {@code model.vocab}. */
    public String place(String key) {
        return prefix + key;
    }

    /**
     * What a reader of these values throws when they do not make sense.
     *
     * @param problem what is wrong and what to do, in one sentence
     */
    public ModelFormatException refused(String problem) {
        return new ModelFormatException(file, problem);
    }

    private Object require(String key) {
        Object value = values.get(key);
        if (value == null) {
            throw refused("the key %s is missing; take the model's whole folder".formatted(prefix + key));
        }
        return value;
    }

    private ModelFormatException mismatch(String key, String wanted) {
        return refused(
                "the key %s should hold %s; it holds %s".formatted(prefix + key, wanted, shown(values.get(key))));
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
