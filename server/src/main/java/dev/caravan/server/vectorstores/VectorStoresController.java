package dev.caravan.server.vectorstores;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.Deleted;
import dev.caravan.server.api.JsonFields;
import dev.caravan.server.api.ListPage;
import dev.caravan.server.api.PageRequest;
import dev.caravan.server.vectorstores.VectorStoreObjects.StoreObject;
import dev.caravan.server.vectorstores.VectorStoreService.Attachment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's vector stores. */
@RestController
@RequestMapping("/v1/vector_stores")
class VectorStoresController {

    static final int DEFAULT_PAGE = 20;
    static final int MAX_PAGE = 100;

    private static final int MAX_NAME_LENGTH = 256;
    private static final int MAX_DESCRIPTION_LENGTH = 2048;
    private static final int MAX_FILES_AT_ONCE = 500;

    private final VectorStoreService service;

    VectorStoresController(VectorStoreService service) {
        this.service = service;
    }

    @PostMapping
    StoreObject create(@RequestBody ObjectNode body) {
        JsonFields fields = new JsonFields(body);
        refuseExpiry(fields);
        requireOwnChunking(fields);
        List<Attachment> attachments = fields.texts("file_ids", MAX_FILES_AT_ONCE).stream()
                .map(id -> new Attachment(id, Map.of()))
                .toList();
        return StoreObject.of(service.create(
                Objects.requireNonNullElse(fields.text("name", MAX_NAME_LENGTH), ""),
                Objects.requireNonNullElse(fields.text("description", MAX_DESCRIPTION_LENGTH), ""),
                fields.metadata("metadata"),
                attachments));
    }

    @GetMapping
    ListPage<StoreObject> list(@RequestParam Map<String, String> query) {
        PageRequest page = PageRequest.of(query, DEFAULT_PAGE, MAX_PAGE);
        return ListPage.of(service.list(page).stream().map(StoreObject::of).toList(), page.limit(), StoreObject::id);
    }

    @GetMapping("/{id}")
    StoreObject get(@PathVariable String id) {
        return StoreObject.of(service.require(id));
    }

    /** OpenAI modifies by POST; PATCH does the same. */
    @RequestMapping(
            path = "/{id}",
            method = {RequestMethod.POST, RequestMethod.PATCH})
    StoreObject update(@PathVariable String id, @RequestBody ObjectNode body) {
        JsonFields fields = new JsonFields(body);
        refuseExpiry(fields);
        return StoreObject.of(service.update(
                id,
                fields.text("name", MAX_NAME_LENGTH),
                fields.text("description", MAX_DESCRIPTION_LENGTH),
                fields.has("metadata") ? fields.metadata("metadata") : null));
    }

    @DeleteMapping("/{id}")
    Deleted delete(@PathVariable String id) {
        service.delete(id);
        return Deleted.of(id, "vector_store.deleted");
    }

    private static void refuseExpiry(JsonFields fields) {
        if (fields.has("expires_after")) {
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_PARAMETER,
                    "expires_after",
                    "Vector stores are kept until they are deleted; leave 'expires_after' out.");
        }
    }

    static void requireOwnChunking(JsonFields fields) {
        JsonFields strategy = fields.object("chunking_strategy");
        JsonNode type = strategy == null ? null : strategy.find("type");
        if (strategy != null
                && (type == null || !type.isString() || !type.stringValue().equals("auto"))) {
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_PARAMETER,
                    "chunking_strategy",
                    "Documents are split by sentences; leave 'chunking_strategy' out or send {\"type\": \"auto\"}.");
        }
    }
}
