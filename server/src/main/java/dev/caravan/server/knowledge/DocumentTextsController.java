package dev.caravan.server.knowledge;

import dev.caravan.knowledge.store.TextWindow;
import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** A passage in its place: what a citation opens. */
@RestController
@RequestMapping("/api/documents")
class DocumentTextsController {

    private static final int MAX_CONTEXT_CHARACTERS = 20_000;
    private static final int MAX_SPAN_CHARACTERS = 100_000;

    private final KnowledgeService knowledge;

    DocumentTextsController(KnowledgeService knowledge) {
        this.knowledge = knowledge;
    }

    /** A place in the document; offsets are UTF-16 code units of the whole text. */
    record AnchorObject(
            int start,
            int end,
            @Nullable Integer page,
            @Nullable Integer paragraph) {}

    /** A part of a document's text. */
    record DocumentText(
            String documentHash, String filename, String text, int offset, int length, List<AnchorObject> anchors) {}

    @GetMapping("/{documentHash}/text")
    DocumentText text(
            @PathVariable String documentHash,
            @RequestParam int start,
            @RequestParam int end,
            @RequestParam(defaultValue = "1500") int context) {
        if (start < 0) {
            throw ApiException.invalid("start", "'start' must be 0 or more.");
        }
        if (end < start || end - start > MAX_SPAN_CHARACTERS) {
            throw ApiException.invalid(
                    "end", "'end' must be at least 'start', and at most %d after it.".formatted(MAX_SPAN_CHARACTERS));
        }
        if (context < 0 || context > MAX_CONTEXT_CHARACTERS) {
            throw ApiException.invalid("context", "'context' must be from 0 to %d.".formatted(MAX_CONTEXT_CHARACTERS));
        }
        TextWindow window = knowledge
                .window(documentHash, start, end, context)
                .orElseThrow(() -> new ApiException(
                        ApiErrorCode.DOCUMENT_GONE,
                        "document_hash",
                        "This document has been deleted; the citation keeps its quote."));
        List<AnchorObject> anchors = window.anchors().stream()
                .map(anchor -> new AnchorObject(anchor.start(), anchor.end(), anchor.page(), anchor.paragraph()))
                .toList();
        return new DocumentText(
                documentHash, window.filename(), window.text(), window.offset(), window.length(), anchors);
    }
}
