package dev.caravan.server.models.catalogue;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.server.models.catalogue.CatalogueModel.CatalogueFile;
import dev.caravan.server.models.catalogue.CatalogueModel.Licence;
import dev.caravan.server.models.catalogue.CatalogueModel.Purpose;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads {@code catalogue.json}; docs/reference/models.md describes its fields. */
final class CatalogueReader {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private CatalogueReader() {}

    /**
     * @param where names the file in errors
     * @throws ModelException saying which entry is wrong and why
     */
    static List<CatalogueModel> read(byte[] json, String where) {
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw new ModelException(
                    where + " is not valid JSON (line "
                            + (e.getLocation() == null ? 0 : e.getLocation().getLineNr())
                            + "): correct it or remove it.",
                    e);
        }
        JsonNode entries = root.path("models");
        if (!entries.isArray()) {
            throw new ModelException(where + " has no list \"models\": correct it or remove it.");
        }
        List<CatalogueModel> models = new ArrayList<>();
        for (JsonNode entry : entries) {
            String id = entry.path("id").asString("");
            try {
                models.add(model(entry));
            } catch (IllegalArgumentException e) {
                throw new ModelException(
                        where + ", model '" + id + "': " + e.getMessage() + "; correct it or remove it.", e);
            }
        }
        return models;
    }

    private static CatalogueModel model(JsonNode entry) {
        JsonNode licence = entry.path("licence");
        List<CatalogueFile> files = new ArrayList<>();
        for (JsonNode file : entry.path("files")) {
            files.add(new CatalogueFile(text(file, "name"), optionalText(file, "sha256")));
        }
        List<ModelSource> sources = new ArrayList<>();
        for (JsonNode source : entry.path("sources")) {
            sources.add(source(source));
        }
        return new CatalogueModel(
                text(entry, "id"),
                text(entry, "name"),
                purpose(text(entry, "purpose")),
                entry.path("preference").asInt(0),
                entry.path("pulled_unasked").asBoolean(false),
                entry.path("memory_bytes").asLong(0),
                new Licence(
                        text(licence, "name"),
                        text(licence, "url"),
                        licence.path("must_be_accepted").asBoolean(false),
                        licence.path("summary").asString("")),
                files,
                sources,
                quantization(entry.path("quantization")));
    }

    /** BitsAndBytesConfig's names and values. */
    private static QuantizationConfig quantization(JsonNode node) {
        if (node.isMissingNode()) {
            return QuantizationConfig.NONE;
        }
        if (!node.isObject()) {
            throw new IllegalArgumentException("quantization must be an object with BitsAndBytesConfig's names");
        }
        try {
            return QuantizationConfig.of(
                    Path.of("quantization"), MAPPER.convertValue(node, new TypeReference<Map<String, Object>>() {}));
        } catch (ModelFormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static Purpose purpose(String name) {
        for (Purpose purpose : Purpose.values()) {
            if (purpose.name().toLowerCase(Locale.ROOT).equals(name)) {
                return purpose;
            }
        }
        throw new IllegalArgumentException("purpose must be chat or embedding, not '" + name + "'");
    }

    private static ModelSource source(JsonNode source) {
        JsonNode files = source.path("files");
        return switch (text(source, "type")) {
            case "local" -> new ModelSource.LocalFiles(paths(files));
            case "hub" ->
                new ModelSource.HubRepository(
                        text(source, "repository"), source.path("revision").asString("main"), texts(files));
            case "wheels" ->
                new ModelSource.PythonWheels(
                        parts(files), optionalText(source, "python_version"), optionalText(source, "platform"));
            case String other ->
                throw new IllegalArgumentException("source type must be local, hub or wheels, not '" + other + "'");
        };
    }

    private static Map<String, Path> paths(JsonNode files) {
        Map<String, Path> paths = new LinkedHashMap<>();
        texts(files).forEach((name, path) -> paths.put(name, Path.of(path)));
        return paths;
    }

    private static Map<String, String> texts(JsonNode files) {
        Map<String, String> texts = new LinkedHashMap<>();
        files.properties()
                .forEach(file -> texts.put(file.getKey(), file.getValue().asString("")));
        return texts;
    }

    private static Map<String, List<ModelSource.Part>> parts(JsonNode files) {
        Map<String, List<ModelSource.Part>> parts = new LinkedHashMap<>();
        files.properties().forEach(file -> {
            List<ModelSource.Part> list = new ArrayList<>();
            for (JsonNode part : file.getValue()) {
                list.add(new ModelSource.Part(text(part, "requirement"), text(part, "member")));
            }
            parts.put(file.getKey(), list);
        });
        return parts;
    }

    private static String text(JsonNode node, String field) {
        String value = optionalText(node, field);
        if (value == null) {
            throw new IllegalArgumentException("the field \"" + field + "\" is missing");
        }
        return value;
    }

    private static @Nullable String optionalText(JsonNode node, String field) {
        String value = node.path(field).asString("");
        return value.isBlank() ? null : value;
    }
}
