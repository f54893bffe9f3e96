package dev.caravan.engine.format.safetensors;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON of a safetensors header. It is read as a stream, so that a hostile header of the greatest length costs little
 * memory: tensors and metadata are counted as they come. Keys that stand twice are refused, as two readers could take
 * different ones; unknown keys of a tensor are passed over, as the reference does.
 */
final class HeaderParser {

    /** One tensor as the header states it; nothing is checked but the kinds of the values. */
    @SuppressWarnings("ArrayRecordComponent") // handed on to the tensor, never written
    record Entry(String name, String type, long[] shape, long begin, long end) {}

    /** What a header holds, tensors in its order. */
    record Content(Map<String, String> metadata, List<Entry> tensors) {}

    /** A header that is sound JSON but says something else than the format asks for. */
    static final class UnsoundHeaderException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String problem;

        UnsoundHeaderException(String problem) {
            super(problem);
            this.problem = problem;
        }

        String problem() {
            return problem;
        }
    }

    static final int MAX_TENSORS = 1 << 17;
    private static final int MAX_NAME_CHARACTERS = 4096;
    private static final int MAX_METADATA_CHARACTERS = 16 << 20;
    private static final int MAX_NAMES_CHARACTERS = 16 << 20;
    private static final int MAX_NUMBERS = 16;
    private static final String METADATA = "__metadata__";

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(16)
                    .maxNameLength(MAX_NAME_CHARACTERS)
                    .maxStringLength(MAX_METADATA_CHARACTERS)
                    .maxNumberLength(32)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser parser;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Entry> tensors = new ArrayList<>();

    private HeaderParser(JsonParser parser) {
        this.parser = parser;
    }

    /**
     * Reads a header to its end.
     *
     * @throws UnsoundHeaderException if a value is of the wrong kind or beyond a limit
     * @throws tools.jackson.core.JacksonException if it is not sound JSON
     */
    static Content parse(InputStream header) throws UnsoundHeaderException {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), header)) {
            HeaderParser reader = new HeaderParser(parser);
            reader.readObject();
            return new Content(Map.copyOf(reader.metadata), List.copyOf(reader.tensors));
        }
    }

    private void readObject() throws UnsoundHeaderException {
        long characters = 0;
        require(parser.nextToken() == JsonToken.START_OBJECT, "the header", "holds no JSON object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals(METADATA)) {
                readMetadata();
            } else {
                require(tensors.size() < MAX_TENSORS, "the header", "has more than " + MAX_TENSORS + " tensors");
                characters += name.length();
                require(characters <= MAX_NAMES_CHARACTERS, "the header", "has names that are too long together");
                tensors.add(readTensor(name));
            }
        }
        require(parser.nextToken() == null, "the header", "goes on after its JSON object");
    }

    private void readMetadata() throws UnsoundHeaderException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        require(parser.currentToken() == JsonToken.START_OBJECT, METADATA, "is not a JSON object");
        long characters = 0;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            require(parser.nextToken() == JsonToken.VALUE_STRING, METADATA, "holds a value that is not a string");
            String value = parser.getString();
            characters += key.length() + value.length();
            require(characters <= MAX_METADATA_CHARACTERS, METADATA, "is too long");
            metadata.put(key, value);
        }
    }

    private Entry readTensor(String name) throws UnsoundHeaderException {
        require(!name.isEmpty(), "a tensor", "has an empty name");
        String tensor = "the tensor " + SafetensorsHeader.printable(name);
        require(parser.currentToken() == JsonToken.START_OBJECT, tensor, "is not described by a JSON object");
        @Nullable String type = null;
        long @Nullable [] shape = null;
        long @Nullable [] offsets = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (key) {
                case "dtype" -> {
                    require(value == JsonToken.VALUE_STRING, tensor, "has a dtype that is not a string");
                    type = parser.getString();
                }
                case "shape" -> shape = readNumbers(tensor, "has a shape that is not");
                case "data_offsets" -> offsets = readNumbers(tensor, "has data_offsets that are not");
                default -> parser.skipChildren();
            }
        }
        if (type == null || shape == null || offsets == null) {
            throw new UnsoundHeaderException(tensor + " lacks its dtype, its shape or its data_offsets");
        }
        require(offsets.length == 2, tensor, "has data_offsets that are not two numbers");
        return new Entry(name, type, shape, offsets[0], offsets[1]);
    }

    /** A list of integers that are not negative. */
    private long[] readNumbers(String tensor, String otherwise) throws UnsoundHeaderException {
        require(parser.currentToken() == JsonToken.START_ARRAY, tensor, otherwise + " a list");
        long[] numbers = new long[MAX_NUMBERS];
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(count < MAX_NUMBERS, tensor, otherwise + " at most " + MAX_NUMBERS + " numbers");
            require(isLength(), tensor, otherwise + " integers from 0 to 2^63 - 1");
            numbers[count] = parser.getLongValue();
            count++;
        }
        return Arrays.copyOf(numbers, count);
    }

    private boolean isLength() {
        return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                && parser.getLongValue() >= 0;
    }

    private static void require(boolean holds, String what, String problem) throws UnsoundHeaderException {
        if (!holds) {
            throw new UnsoundHeaderException(what + " " + problem);
        }
    }
}
