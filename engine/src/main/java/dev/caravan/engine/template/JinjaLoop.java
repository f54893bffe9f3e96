package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaSyntax.Body;
import dev.caravan.engine.template.JinjaSyntax.Expression;
import dev.caravan.engine.template.JinjaSyntax.Flow;
import dev.caravan.engine.template.JinjaSyntax.Statement;
import dev.caravan.engine.template.JinjaSyntax.Target;
import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.Loop;
import dev.caravan.engine.template.JinjaTypes.Undefined;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code {% for target in items if filter recursive %}body{% else %}otherwise{% endfor %}}. */
record JinjaLoop(Target target, Expression items, Expression filter, boolean recursive, Body body, Body otherwise)
        implements Statement {

    @Override
    public Flow run(JinjaScope scope, Text.Builder out) {
        walk(scope, items.evaluate(scope), 0, out);
        return Flow.NEXT;
    }

    private void walk(JinjaScope scope, Object sequence, int depth, Text.Builder out) {
        List<Object> kept = new ArrayList<>();
        for (Object item : JinjaValues.items(sequence)) {
            scope.run().step();
            JinjaScope inner = new JinjaScope(scope);
            target.assign(inner, item);
            if (JinjaValues.isTrue(filter.evaluate(inner))) {
                kept.add(item);
            }
        }
        if (kept.isEmpty()) {
            otherwise.run(new JinjaScope(scope), out);
        }
        Object[] lastChanged = {new Undefined("nothing changed yet")};
        for (int i = 0; i < kept.size(); i++) {
            JinjaScope inner = new JinjaScope(scope);
            inner.set("loop", new Loop(attributes(kept, i, depth, lastChanged), recursion(scope, depth)));
            target.assign(inner, kept.get(i));
            if (body.run(inner, out) == Flow.BREAK) {
                break;
            }
        }
    }

    private Function recursion(JinjaScope scope, int depth) {
        return (caller, arguments) -> {
            if (!recursive) {
                throw new JinjaException("the loop is not recursive");
            }
            Text.Builder inner = new Text.Builder();
            walk(scope, arguments.require(0, "iterable"), depth + 1, inner);
            return inner.build();
        };
    }

    private static Map<String, Object> attributes(List<Object> items, int index, int depth, Object[] lastChanged) {
        int size = items.size();
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("index", JinjaValues.integer(index + 1L));
        attributes.put("index0", JinjaValues.integer(index));
        attributes.put("revindex", JinjaValues.integer(size - index));
        attributes.put("revindex0", JinjaValues.integer(size - index - 1L));
        attributes.put("first", index == 0);
        attributes.put("last", index == size - 1);
        attributes.put("length", JinjaValues.integer(size));
        attributes.put("depth", JinjaValues.integer(depth + 1L));
        attributes.put("depth0", JinjaValues.integer(depth));
        attributes.put("previtem", index > 0 ? items.get(index - 1) : new Undefined("there is no previous item"));
        attributes.put("nextitem", index + 1 < size ? items.get(index + 1) : new Undefined("there is no next item"));
        attributes.put("cycle", (Function) (scope, arguments) -> cycle(arguments, index));
        attributes.put("changed", (Function) (scope, arguments) -> {
            Object now = new JinjaTypes.Tuple(arguments.positional());
            boolean changed = !JinjaValues.equal(now, lastChanged[0]);
            lastChanged[0] = now;
            return changed;
        });
        return attributes;
    }

    private static Object cycle(Arguments arguments, int index) {
        if (arguments.positional().isEmpty()) {
            throw new JinjaException("cycle takes at least one value");
        }
        return arguments.positional().get(index % arguments.positional().size());
    }
}
