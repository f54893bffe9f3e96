package dev.caravan.engine.format.json;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * JSON text to plain values: Map, List, String, Long, {@link java.math.BigInteger}, Double, Boolean and null. Python
 * writes {@code NaN} and {@code Infinity} into JSON; they are read. A key that stands twice is refused: two readers
 * could take different ones.
 */
final class JsonValues {

    private static final int MAX_DEPTH = 100;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(16 << 20)
                    .build())
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // Names are remembered only where few of them repeat: a vocabulary has a quarter of a million, all
            // different.
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .build();

    private final JsonParser parser;
    private final Map<String, JsonSink> sinks;

    private JsonValues(JsonParser parser, Map<String, JsonSink> sinks) {
        this.parser = parser;
        this.sinks = sinks;
    }

    /**
     * The one value of a text.
     *
     * @throws tools.jackson.core.JacksonException if it is not sound JSON, or deeper than {@value #MAX_DEPTH}
     */
    static @Nullable Object parse(String text) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            return new JsonValues(parser, Map.of()).whole();
        }
    }

    /**
     * The one value of a stream of UTF-8.
     *
     * @param sinks for each object or list that is not held, by its path ({@code model.vocab})
     * @throws tools.jackson.core.JacksonException if it is not sound JSON, or deeper than {@value #MAX_DEPTH}
     */
    static @Nullable Object parse(InputStream stream, Map<String, JsonSink> sinks) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), stream)) {
            return new JsonValues(parser, sinks).whole();
        }
    }

    private @Nullable Object whole() {
        parser.nextToken();
        Object value = value("");
        if (parser.nextToken() != null) {
            throw new IllegalArgumentException("something follows the JSON value");
        }
        return value;
    }

    private @Nullable Object value(String path) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new IllegalArgumentException("it is empty");
        }
        return switch (token) {
            case START_OBJECT -> map(path);
            case START_ARRAY -> list(path);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> integer();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private Object integer() {
        return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? parser.getBigIntegerValue()
                : (Object) parser.getLongValue();
    }

    private Map<String, @Nullable Object> map(String path) {
        JsonSink sink = sinks.get(path);
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            if (sink != null) {
                sink.member(key, value(""));
            } else {
                map.put(key, value(below(path, key)));
            }
        }
        return map;
    }

    /** Paths are made only while one may lead to a sink. */
    private String below(String path, String key) {
        return sinks.isEmpty() ? "" : path.isEmpty() ? key : path + "." + key;
    }

    private List<@Nullable Object> list(String path) {
        JsonSink sink = sinks.get(path);
        List<@Nullable Object> list = new ArrayList<>(4);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (sink != null) {
                sink.member(null, value(""));
            } else {
                list.add(value(""));
            }
        }
        return list;
    }
}
