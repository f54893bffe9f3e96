package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaSyntax.Body;
import dev.caravan.engine.template.JinjaSyntax.Expression;
import dev.caravan.engine.template.JinjaTypes.Arguments;
import dev.caravan.engine.template.JinjaTypes.Function;
import dev.caravan.engine.template.JinjaTypes.Tuple;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A macro: its output for given arguments, in the scope in which it was defined. */
record JinjaMacro(String name, List<Parameter> parameters, Body body, boolean takesMore, boolean takesMoreNamed) {

    /** @param initial the value when the caller gives none; may use the parameters before it */
    record Parameter(String name, Expression initial) {}

    Function bind(JinjaScope definition) {
        return (scope, arguments) -> call(new JinjaScope(definition), arguments);
    }

    private Object call(JinjaScope scope, Arguments arguments) {
        List<Object> positional = arguments.positional();
        Set<String> known = new HashSet<>(Set.of("caller"));
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            known.add(parameter.name());
            Object named = arguments.named().get(parameter.name());
            if (i < positional.size()) {
                scope.set(parameter.name(), positional.get(i));
            } else {
                scope.set(
                        parameter.name(),
                        named != null ? named : parameter.initial().evaluate(scope));
            }
        }
        bindRest(scope, arguments, known);
        return body.capture(scope);
    }

    private void bindRest(JinjaScope scope, Arguments arguments, Set<String> known) {
        int count = parameters.size();
        if (arguments.positional().size() > count && !takesMore) {
            throw new JinjaException("the macro '%s' takes at most %d arguments".formatted(name, count));
        }
        Map<Object, Object> rest = new LinkedHashMap<>();
        arguments.named().forEach((key, value) -> {
            if (!known.contains(key)) {
                rest.put(Text.trusted(key), value);
            }
        });
        if (!rest.isEmpty() && !takesMoreNamed) {
            throw new JinjaException("the macro '%s' has no parameter %s".formatted(name, rest.keySet()));
        }
        scope.set(
                "varargs",
                new Tuple(List.copyOf(arguments
                        .positional()
                        .subList(
                                Math.min(count, arguments.positional().size()),
                                arguments.positional().size()))));
        scope.set("kwargs", rest);
        Object caller = arguments.named().get("caller");
        if (caller != null) {
            scope.set("caller", caller);
        }
    }
}
