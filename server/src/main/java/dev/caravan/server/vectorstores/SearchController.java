package dev.caravan.server.vectorstores;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.retrieve.SearchRequest;
import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.JsonFields;
import dev.caravan.server.knowledge.KnowledgeService;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's search in a vector store. */
@RestController
class SearchController {

    private static final int DEFAULT_RESULTS = 10;
    private static final int MAX_QUERIES = 16;
    private static final int MAX_QUERY_LENGTH = 4096;

    private final VectorStoreService service;
    private final KnowledgeService knowledge;

    SearchController(VectorStoreService service, KnowledgeService knowledge) {
        this.service = service;
        this.knowledge = knowledge;
    }

    record Content(String type, String text) {}

    /** OpenAI's result, and where in the document it stands. */
    record Result(
            String fileId,
            String filename,
            double score,
            Map<String, Object> attributes,
            List<Content> content,
            @Nullable Integer page,
            @Nullable Integer paragraph,
            String documentHash,
            int documentStart,
            int documentEnd) {}

    /** OpenAI's page of results; there is only ever one. */
    record ResultPage(
            String object,
            List<String> searchQuery,
            List<Result> data,
            boolean hasMore,
            @Nullable String nextPage) {}

    @PostMapping("/v1/vector_stores/{storeId}/search")
    ResultPage search(@PathVariable String storeId, @RequestBody ObjectNode body) {
        JsonFields fields = new JsonFields(body);
        refuse(fields.has("filters"), "filters");
        refuse(fields.flag("rewrite_query", false), "rewrite_query");
        List<String> queries = queries(fields);
        int limit = (int) fields.wholeNumber("max_num_results", 1, SearchRequest.MAX_RESULTS)
                .orElse(DEFAULT_RESULTS);
        JsonFields ranking = fields.object("ranking_options");
        double threshold =
                ranking == null ? 0 : ranking.number("score_threshold", 0, 1).orElse(0);
        service.requireAll(List.of(storeId), "vector_store_id");
        Map<Long, RetrievedSegment> best = new HashMap<>();
        for (String query : queries) {
            for (RetrievedSegment segment : knowledge.search(new SearchRequest(List.of(storeId), query, limit))) {
                best.merge(segment.segmentId(), segment, (a, b) -> a.score() >= b.score() ? a : b);
            }
        }
        List<Result> results = best.values().stream()
                .filter(segment -> segment.score() >= threshold)
                .sorted(Comparator.comparingDouble(RetrievedSegment::score)
                        .reversed()
                        .thenComparingLong(RetrievedSegment::segmentId))
                .limit(limit)
                .map(segment -> result(storeId, segment))
                .toList();
        return new ResultPage("vector_store.search_results.page", queries, results, false, null);
    }

    private static List<String> queries(JsonFields fields) {
        List<String> queries = fields.oneOrMoreTexts("query", MAX_QUERIES);
        if (queries.isEmpty()) {
            throw fields.missing("query");
        }
        for (String query : queries) {
            if (query.isBlank() || query.length() > MAX_QUERY_LENGTH) {
                throw ApiException.invalid(
                        "query", "A query must have 1 to %d characters.".formatted(MAX_QUERY_LENGTH));
            }
        }
        return queries;
    }

    private static void refuse(boolean isAskedFor, String name) {
        if (isAskedFor) {
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_PARAMETER,
                    name,
                    "'%s' is not supported yet; leave it out.".formatted(name));
        }
    }

    private Result result(String storeId, RetrievedSegment segment) {
        return new Result(
                segment.fileId(),
                segment.filename(),
                segment.score(),
                service.requireFile(storeId, segment.fileId()).attributes(),
                List.of(new Content("text", segment.text())),
                segment.page(),
                segment.paragraph(),
                segment.documentHash(),
                segment.start(),
                segment.end());
    }
}
