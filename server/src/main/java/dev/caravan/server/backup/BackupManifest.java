package dev.caravan.server.backup;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a backup holds. It is the archive's last entry, so that a backup that was cut short has none.
 *
 * @param createdAt when
 * @param entries every other entry of the archive
 */
record BackupManifest(Instant createdAt, List<Entry> entries) {

    static final String NAME = "caravan-backup.json";
    static final int FORMAT = 1;

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** One file, its size and the hash of its bytes. */
    record Entry(String name, long bytes, String sha256) {
        Entry {
            if (name.isEmpty() || bytes < 0 || !SHA256.matcher(sha256).matches()) {
                throw new IllegalArgumentException("not an entry: " + name);
            }
        }
    }

    BackupManifest {
        entries = List.copyOf(entries);
    }

    byte[] toJson() {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("format", FORMAT);
        root.put("created_at", createdAt.toString());
        ArrayNode list = root.putArray("entries");
        for (Entry entry : entries) {
            list.addObject()
                    .put("name", entry.name())
                    .put("bytes", entry.bytes())
                    .put("sha256", entry.sha256());
        }
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    /** @throws BackupException when it is damaged or of a later format */
    static BackupManifest parse(byte[] json) {
        try {
            JsonNode root = MAPPER.readTree(json);
            int format = root.path("format").asInt(0);
            if (format != FORMAT) {
                throw new BackupException("The backup has the format " + format + ", but this Caravan reads format "
                        + FORMAT + ": restore it with the version that made it.");
            }
            List<Entry> entries = new ArrayList<>();
            for (JsonNode entry : root.path("entries")) {
                entries.add(new Entry(
                        entry.path("name").asString(""),
                        entry.path("bytes").asLong(-1),
                        entry.path("sha256").asString("")));
            }
            return new BackupManifest(Instant.parse(root.path("created_at").asString("")), entries);
        } catch (JacksonException | IllegalArgumentException | DateTimeParseException e) {
            throw new BackupException("The backup's list of contents is damaged: use another backup.", e);
        }
    }
}
