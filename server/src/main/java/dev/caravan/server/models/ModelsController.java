package dev.caravan.server.models;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** OpenAI's models: those that answer now. */
@RestController
@RequestMapping("/v1/models")
class ModelsController {

    private final ModelRegistry registry;

    ModelsController(ModelRegistry registry) {
        this.registry = registry;
    }

    /** OpenAI's model object. */
    record ModelObject(String id, String object, long created, String ownedBy) {

        static ModelObject of(String id, Instant created) {
            return new ModelObject(id, "model", created.getEpochSecond(), "caravan");
        }
    }

    /** OpenAI's list of models has no pages. */
    record ModelList(String object, List<ModelObject> data) {}

    @GetMapping
    ModelList list() {
        return new ModelList("list", ready());
    }

    @GetMapping("/{id}")
    ModelObject get(@PathVariable String id) {
        List<ModelObject> ready = ready();
        String wanted =
                id.equals(ModelRegistry.DEFAULT_ALIAS) ? registry.chatState().id() : id;
        return ready.stream()
                .filter(model -> model.id().equals(wanted))
                .findFirst()
                .orElseThrow(() -> ModelRegistry.modelNotFound(id));
    }

    private List<ModelObject> ready() {
        List<ModelObject> models = new ArrayList<>();
        for (LoadedChatModel chat : registry.chatModels()) {
            models.add(ModelObject.of(chat.id(), chat.created()));
        }
        if (registry.encoderState().status() == ModelState.Status.READY) {
            LoadedEncoder encoder = registry.requireEncoder();
            models.add(ModelObject.of(encoder.id(), encoder.created()));
        }
        return models;
    }
}
