package dev.caravan.server.vectorstores;

import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.Deleted;
import dev.caravan.server.api.JsonFields;
import dev.caravan.server.api.ListPage;
import dev.caravan.server.api.PageRequest;
import dev.caravan.server.vectorstores.VectorStoreObjects.FileObject;
import dev.caravan.server.vectorstores.VectorStoreService.Attachment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The files of a vector store: OpenAI's routes, and one to retry a failed file. */
@RestController
class VectorStoreFilesController {

    private static final String FILES = "/v1/vector_stores/{storeId}/files";
    private static final Set<String> STATUSES = Set.of("in_progress", "completed", "failed", "cancelled");
    private static final int MAX_ATTRIBUTES = 16;
    private static final int MAX_KEY_LENGTH = 64;
    private static final int MAX_ID_LENGTH = 80;
    private static final int MAX_VALUE_LENGTH = 512;

    private final VectorStoreService service;

    VectorStoreFilesController(VectorStoreService service) {
        this.service = service;
    }

    @PostMapping(FILES)
    FileObject attach(@PathVariable String storeId, @RequestBody ObjectNode body) {
        JsonFields fields = new JsonFields(body);
        VectorStoresController.requireOwnChunking(fields);
        Attachment attachment = new Attachment(
                fields.requiredText("file_id", MAX_ID_LENGTH), attributes(fields, body.get("attributes")));
        return FileObject.of(service.attach(storeId, attachment));
    }

    /** OpenAI's attributes: at most 16, texts, numbers or truth values. */
    private static Map<String, Object> attributes(JsonFields fields, @Nullable JsonNode node) {
        JsonFields values = fields.object("attributes");
        if (values == null || node == null) {
            return Map.of();
        }
        if (node.size() > MAX_ATTRIBUTES) {
            throw ApiException.invalid("attributes", "'attributes' holds at most %d.".formatted(MAX_ATTRIBUTES));
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (String key : node.propertyNames()) {
            JsonNode value = values.find(key);
            if (key.length() > MAX_KEY_LENGTH || key.indexOf('\0') >= 0) {
                throw ApiException.invalid(
                        "attributes", "A name in 'attributes' has at most %d characters.".formatted(MAX_KEY_LENGTH));
            }
            if (value == null) {
                continue;
            }
            if (value.isBoolean()) {
                attributes.put(key, value.booleanValue());
            } else if (value.isNumber()) {
                attributes.put(key, value.doubleValue());
            } else {
                attributes.put(key, values.requiredText(key, MAX_VALUE_LENGTH));
            }
        }
        return attributes;
    }

    @GetMapping(FILES)
    ListPage<FileObject> list(@PathVariable String storeId, @RequestParam Map<String, String> query) {
        PageRequest page = PageRequest.of(query, VectorStoresController.DEFAULT_PAGE, VectorStoresController.MAX_PAGE);
        String filter = query.get("filter");
        if (filter != null && !STATUSES.contains(filter)) {
            throw ApiException.invalid("filter", "'filter' must be in_progress, completed, failed or cancelled.");
        }
        return ListPage.of(
                service.listFiles(storeId, page, filter).stream()
                        .map(FileObject::of)
                        .toList(),
                page.limit(),
                FileObject::id);
    }

    @GetMapping(FILES + "/{fileId}")
    FileObject get(@PathVariable String storeId, @PathVariable String fileId) {
        return FileObject.of(service.requireFile(storeId, fileId));
    }

    @DeleteMapping(FILES + "/{fileId}")
    Deleted detach(@PathVariable String storeId, @PathVariable String fileId) {
        service.detach(storeId, fileId);
        return Deleted.of(fileId, "vector_store.file.deleted");
    }

    @PostMapping("/api/vector_stores/{storeId}/files/{fileId}/retry")
    FileObject retry(@PathVariable String storeId, @PathVariable String fileId) {
        return FileObject.of(service.retry(storeId, fileId));
    }
}
