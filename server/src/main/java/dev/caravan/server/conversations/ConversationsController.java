package dev.caravan.server.conversations;

import dev.caravan.server.api.Deleted;
import dev.caravan.server.api.JsonFields;
import dev.caravan.server.api.ListPage;
import dev.caravan.server.api.PageRequest;
import dev.caravan.server.conversations.ConversationObjects.Conversation;
import dev.caravan.server.conversations.ConversationObjects.Summary;
import java.util.Map;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.node.ObjectNode;

/** The page's conversations. */
@RestController
@RequestMapping("/api/conversations")
class ConversationsController {

    private static final int DEFAULT_PAGE = 30;
    private static final int MAX_PAGE = 100;
    private static final int MAX_TITLE_LENGTH = 200;

    private final ConversationService conversations;

    ConversationsController(ConversationService conversations) {
        this.conversations = conversations;
    }

    @GetMapping
    ListPage<Summary> list(@RequestParam Map<String, String> query) {
        PageRequest page = PageRequest.of(query, DEFAULT_PAGE, MAX_PAGE);
        return ListPage.of(conversations.list(page), page.limit(), Summary::id);
    }

    @PostMapping
    Conversation create(@RequestBody ObjectNode body) {
        return conversations.create(new JsonFields(body).text("title", MAX_TITLE_LENGTH));
    }

    @GetMapping("/{id}")
    Conversation get(@PathVariable String id) {
        return conversations.get(id);
    }

    @PatchMapping("/{id}")
    Summary rename(@PathVariable String id, @RequestBody ObjectNode body) {
        return conversations.rename(
                id, new JsonFields(body).requiredText("title", MAX_TITLE_LENGTH).strip());
    }

    @DeleteMapping("/{id}")
    Deleted delete(@PathVariable String id) {
        conversations.delete(id);
        return Deleted.of(id, "conversation.deleted");
    }
}
