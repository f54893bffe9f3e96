package dev.caravan.engine.format.gguf;

import dev.caravan.engine.ModelFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The key-value pairs of a GGUF file. Values stay in the mapped file and are decoded when they are asked for, so that a
 * hostile array costs nothing until somebody wants it. Immutable and thread-safe; valid while the file is open.
 *
 * <p>Every getter throws {@link ModelFormatException} when the key is missing (and no default was given) or holds
 * another kind of value.
 */
public final class GgufMetadata {

    /** The longest string value: chat templates reach some hundred kilobytes. */
    static final long MAX_TEXT_BYTES = 16L << 20;

    /** Where a value lies. For an array: the type, number and place of its elements. */
    record Value(GgufValueType type, GgufValueType elementType, long elements, long position) {}

    private final GgufCursor file;
    private final Map<String, Value> values;

    GgufMetadata(GgufCursor file, Map<String, Value> values) {
        this.file = file;
        this.values = values;
    }

    /** The file that holds them. */
    public Path path() {
        return file.path();
    }

    /** All keys in the order of the file. */
    public Set<String> keys() {
        return values.keySet();
    }

    public boolean contains(String key) {
        return values.containsKey(key);
    }

    public String string(String key) {
        Value value = require(key);
        if (value.type != GgufValueType.STRING) {
            throw mismatch(key, value, "a string");
        }
        return file.at(value.position).text(MAX_TEXT_BYTES, key);
    }

    public String string(String key, String otherwise) {
        return contains(key) ? string(key) : otherwise;
    }

    /** An integer of any width whose value fits an int. */
    public int integer(String key) {
        Value value = require(key);
        if (!value.type.isInteger()) {
            throw mismatch(key, value, "an integer");
        }
        return fitted(key, file.at(value.position).integer(value.type, key));
    }

    public int integer(String key, int otherwise) {
        return contains(key) ? integer(key) : otherwise;
    }

    public float floatValue(String key) {
        Value value = require(key);
        if (!value.type.isFloat()) {
            throw mismatch(key, value, "a floating-point number");
        }
        return file.at(value.position).floatingPoint(value.type, key);
    }

    public float floatValue(String key, float otherwise) {
        return contains(key) ? floatValue(key) : otherwise;
    }

    public boolean flag(String key, boolean otherwise) {
        if (!contains(key)) {
            return otherwise;
        }
        Value value = require(key);
        if (value.type != GgufValueType.BOOL) {
            throw mismatch(key, value, "true or false");
        }
        return file.at(value.position).integer(value.type, key) != 0;
    }

    /** Whether the key holds an array. */
    public boolean isArray(String key) {
        return require(key).type == GgufValueType.ARRAY;
    }

    /** The strings of an array; malformed UTF-8 in them becomes the replacement character. */
    public List<String> strings(String key) {
        Value value = requireArray(key);
        if (value.elementType != GgufValueType.STRING) {
            throw mismatch(key, value, "an array of strings");
        }
        GgufCursor cursor = file.at(value.position);
        List<String> strings = new ArrayList<>((int) value.elements);
        for (long i = 0; i < value.elements; i++) {
            strings.add(cursor.text(MAX_TEXT_BYTES, key));
        }
        return List.copyOf(strings);
    }

    public List<String> strings(String key, List<String> otherwise) {
        return contains(key) ? strings(key) : otherwise;
    }

    public float[] floats(String key) {
        Value value = requireArray(key);
        if (!value.elementType.isFloat()) {
            throw mismatch(key, value, "an array of floating-point numbers");
        }
        GgufCursor cursor = file.at(value.position);
        float[] floats = new float[(int) value.elements];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = cursor.floatingPoint(value.elementType, key);
        }
        return floats;
    }

    public float[] floats(String key, float[] otherwise) {
        return contains(key) ? floats(key) : otherwise;
    }

    /** The integers of an array, each of which must fit an int. */
    public int[] integers(String key) {
        Value value = requireArray(key);
        if (!value.elementType.isInteger()) {
            throw mismatch(key, value, "an array of integers");
        }
        GgufCursor cursor = file.at(value.position);
        int[] integers = new int[(int) value.elements];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = fitted(key, cursor.integer(value.elementType, key));
        }
        return integers;
    }

    public int[] integers(String key, int[] otherwise) {
        return contains(key) ? integers(key) : otherwise;
    }

    /** The value as the file has it, of whatever type, for another file. */
    GgufValue encoded(String key) {
        Value value = require(key);
        GgufCursor cursor = file.at(value.position);
        for (long i = 0; i < value.elements; i++) {
            if (value.elementType == GgufValueType.STRING) {
                cursor.skipText(MAX_TEXT_BYTES, key);
            } else {
                cursor.skip(value.elementType.leastBytes(), key);
            }
        }
        long start = value.type == GgufValueType.ARRAY ? value.position - GgufValue.ARRAY_HEAD : value.position;
        return GgufValue.copied(value.type, file.copy(start, cursor.position()));
    }

    /**
     * What a reader of these values throws when they do not make sense together.
     *
     * @param problem what is wrong and what to do, in one sentence
     */
    public ModelFormatException refused(String problem) {
        return file.refused(problem);
    }

    private int fitted(String key, long number) {
        if (number != (int) number) {
            throw file.broken("the metadata key %s holds %d, which is out of range".formatted(key, number));
        }
        return (int) number;
    }

    private Value require(String key) {
        Value value = values.get(key);
        if (value == null) {
            throw file.refused(
                    "the metadata key %s is missing; convert the model again with a current converter".formatted(key));
        }
        return value;
    }

    private Value requireArray(String key) {
        Value value = require(key);
        if (value.type != GgufValueType.ARRAY) {
            throw mismatch(key, value, "an array");
        }
        return value;
    }

    private ModelFormatException mismatch(String key, Value value, String wanted) {
        String found = value.type == GgufValueType.ARRAY ? "an array of " + value.elementType : value.type.toString();
        return file.refused("the metadata key %s should hold %s and holds %s; convert the model again"
                .formatted(key, wanted, found));
    }
}
