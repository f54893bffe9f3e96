package dev.caravan.server.models.catalogue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a model's folder holds and what its bytes must be: written once all files are there and checked, so that a folder
 * with a manifest is a whole model. The hashes pin what the first pull found.
 *
 * @param id of the model
 * @param source where the files came from, for a person
 * @param pulledAt when
 * @param files the first one is the one that is loaded
 */
record ModelManifest(String id, String source, Instant pulledAt, List<ManifestFile> files) {

    static final String FILE = "manifest.json";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** One file as it was checked. */
    record ManifestFile(String name, long bytes, String sha256) {
        ManifestFile {
            Names.checkFile(name);
            Names.checkSha256(sha256);
            if (bytes < 0) {
                throw new IllegalArgumentException("bytes must not be negative: " + bytes);
            }
        }
    }

    ModelManifest {
        Names.checkId(id);
        files = List.copyOf(files);
        if (files.isEmpty()) {
            throw new IllegalArgumentException("a manifest names at least one file");
        }
    }

    Optional<ManifestFile> find(String name) {
        return files.stream().filter(file -> file.name().equals(name)).findFirst();
    }

    /**
     * Reads a folder's manifest. Nothing in it is trusted: a name that could leave the folder is an error.
     *
     * @return empty when there is none
     * @throws ModelException when it is damaged
     */
    static Optional<ModelManifest> read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode root = MAPPER.readTree(Bytes.readBounded(file));
            List<ManifestFile> files = new ArrayList<>();
            for (JsonNode entry : root.path("files")) {
                files.add(new ManifestFile(
                        entry.path("name").asString(""),
                        entry.path("bytes").asLong(-1),
                        entry.path("sha256").asString("")));
            }
            return Optional.of(new ModelManifest(
                    root.path("id").asString(""),
                    root.path("source").asString(""),
                    Instant.parse(root.path("pulled_at").asString("")),
                    files));
        } catch (IOException | JacksonException | IllegalArgumentException | DateTimeParseException e) {
            throw new ModelException(
                    file + " is damaged: remove the folder " + folder + " and pull the model again.", e);
        }
    }

    void write(Path folder) throws IOException {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("id", id);
        root.put("source", source);
        root.put("pulled_at", pulledAt.toString());
        ArrayNode list = root.putArray("files");
        for (ManifestFile file : files) {
            list.addObject().put("name", file.name()).put("bytes", file.bytes()).put("sha256", file.sha256());
        }
        Path unfinished = folder.resolve(FILE + ".new");
        Files.write(unfinished, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
        try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(unfinished, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }
}
