package dev.caravan.engine.grammar;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Map;

/** What an independent validator says: networknt's, with formats checked. */
final class Validity {
    private final Schema schema;

    Validity(Map<String, Object> schema) {
        this.schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(SchemaCases.JSON.writeValueAsString(schema), InputFormat.JSON);
    }

    /** Why the text is not valid; empty if it is. */
    List<String> faults(String text) {
        SchemaCases.JSON.readTree(text);
        return schema
                .validate(
                        text,
                        InputFormat.JSON,
                        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
                .stream()
                .map(Error::toString)
                .toList();
    }
}
