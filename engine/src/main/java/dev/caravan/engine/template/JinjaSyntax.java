package dev.caravan.engine.template;

import java.util.List;

/** What the parser makes of a template: closures that evaluate or run. */
final class JinjaSyntax {
    private JinjaSyntax() {}

    /** Gives a value. */
    interface Expression {
        Object evaluate(JinjaScope scope);
    }

    /** Writes output and changes the scope. */
    interface Statement {
        Flow run(JinjaScope scope, Text.Builder out);
    }

    /** How a statement ended. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    /** Takes the value of a {@code set}, of a loop's item, of an argument. */
    interface Target {
        void assign(JinjaScope scope, Object value);
    }

    /** The statements between two tags. */
    record Body(List<Statement> statements) implements Statement {
        public Body {
            statements = List.copyOf(statements);
        }

        @Override
        public Flow run(JinjaScope scope, Text.Builder out) {
            for (Statement statement : statements) {
                scope.run().step();
                Flow flow = statement.run(scope, out);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        }

        /** Runs in a scope of its own and gives the output. */
        Text capture(JinjaScope scope) {
            Text.Builder inner = new Text.Builder();
            run(scope, inner);
            return inner.build();
        }
    }
}
