package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.tokenizer.PostProcessor.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The post-processor of a {@code tokenizer.json}. */
final class PostProcessorReader {

    private static final int MAX_PARTS = 64;

    private final int vocabSize;
    private @Nullable PostProcessor found;

    private PostProcessorReader(int vocabSize) {
        this.vocabSize = vocabSize;
    }

    /**
     * Reads the key {@code post_processor}.
     *
     * @return null where nothing in the file adds tokens
     * @throws dev.caravan.engine.ModelFormatException if it holds something that is not known, or ids out of range
     */
    static @Nullable PostProcessor read(JsonObject file, int vocabSize) {
        PostProcessorReader reader = new PostProcessorReader(vocabSize);
        file.object("post_processor").ifPresent(reader::add);
        return reader.found;
    }

    private void add(JsonObject json) {
        String type = json.string("type");
        PostProcessor processor = switch (type) {
            case "Sequence" -> {
                json.objects("processors").forEach(this::add);
                yield null;
            }
            case "ByteLevel" -> null; // it only trims offsets
            case "TemplateProcessing" -> new PostProcessor(parts(json, "single", false), parts(json, "pair", true));
            case "BertProcessing" -> bert(named(json, "cls"), named(json, "sep"));
            case "RobertaProcessing" -> roberta(named(json, "cls"), named(json, "sep"));
            default ->
                throw json.refused(
                        "%s is '%s', a post-processor that is not supported".formatted(json.place("type"), type));
        };
        if (processor != null && found != null) {
            throw json.refused(
                    "%s adds special tokens a second time, which is not supported".formatted(json.place("type")));
        }
        found = processor != null ? processor : found;
    }

    private static PostProcessor bert(int cls, int sep) {
        return new PostProcessor(
                List.of(special(cls, 0), text(false, 0), special(sep, 0)),
                List.of(special(cls, 0), text(false, 0), special(sep, 0), text(true, 1), special(sep, 1)));
    }

    private static PostProcessor roberta(int cls, int sep) {
        return new PostProcessor(
                List.of(special(cls, 0), text(false, 0), special(sep, 0)),
                List.of(
                        special(cls, 0),
                        text(false, 0),
                        new PostProcessor.Special(List.of(sep, sep), 0),
                        text(true, 0),
                        special(sep, 0)));
    }

    private static Part special(int id, int typeId) {
        return new PostProcessor.Special(List.of(id), typeId);
    }

    private static Part text(boolean isSecond, int typeId) {
        return new PostProcessor.Text(isSecond, typeId);
    }

    /** A token as BertProcessing names it: {@code ["[CLS]", 101]}. */
    private int named(JsonObject json, String key) {
        List<@Nullable Object> pair = json.list(key).orElse(List.of());
        if (pair.size() != 2) {
            throw json.refused("%s should hold a token and its id".formatted(json.place(key)));
        }
        return id(json, key, pair.get(1));
    }

    private int id(JsonObject json, String key, @Nullable Object value) {
        if (value instanceof Long id && id >= 0 && id < vocabSize) {
            return id.intValue();
        }
        throw json.refused("%s holds the id %s, which is not one of the %d tokens; fetch the file again"
                .formatted(json.place(key), value, vocabSize));
    }

    private List<Part> parts(JsonObject json, String key, boolean isPair) {
        List<Part> parts = new ArrayList<>();
        boolean hasFirst = false;
        boolean hasSecond = false;
        for (JsonObject part : json.objects(key)) {
            if (part.has("Sequence")) {
                JsonObject sequence = part.object("Sequence").orElseThrow();
                String name = sequence.string("id");
                boolean isSecond = name.equals("B") && isPair;
                if (!isSecond && !name.equals("A")) {
                    throw sequence.refused("%s is '%s', which is not known".formatted(sequence.place("id"), name));
                }
                hasFirst |= !isSecond;
                hasSecond |= isSecond;
                parts.add(text(isSecond, typeId(sequence)));
            } else {
                JsonObject special = part.object("SpecialToken")
                        .orElseThrow(() -> part.refused(
                                "%s holds neither a Sequence nor a SpecialToken".formatted(json.place(key))));
                parts.add(new PostProcessor.Special(specialIds(json, special.string("id")), typeId(special)));
            }
        }
        if (parts.size() > MAX_PARTS || !hasFirst || hasSecond != isPair) {
            throw json.refused("%s should hold each text and at most %d parts; fetch the file again"
                    .formatted(json.place(key), MAX_PARTS));
        }
        return parts;
    }

    private static int typeId(JsonObject json) {
        int typeId = json.integer("type_id", 0);
        if (typeId < 0 || typeId > 1) {
            throw json.refused("%s is %d; only 0 and 1 are supported".formatted(json.place("type_id"), typeId));
        }
        return typeId;
    }

    private List<Integer> specialIds(JsonObject json, String name) {
        JsonObject tokens = json.object("special_tokens").orElse(JsonObject.of(json.file(), Map.of()));
        JsonObject token = tokens.object(name)
                .orElseThrow(() -> json.refused(
                        "%s lacks the token '%s' of its template".formatted(json.place("special_tokens"), name)));
        List<Integer> ids = new ArrayList<>();
        for (Object value : token.list("ids").orElse(List.of())) {
            ids.add(id(token, "ids", value));
        }
        return ids;
    }
}
