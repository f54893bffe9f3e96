package dev.caravan.engine.grammar;

import java.util.Map;

/**
 * Formats of strings as patterns. Narrower than their standards where these leave room for what readers refuse: no leap
 * seconds, no quoted local parts, no addresses in brackets.
 */
final class JsonFormats {
    private static final String DATE = "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
            + "|(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";

    private static final String TIME =
            "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])";

    private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?";
    private static final String HEX = "[0-9a-fA-F]";
    private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

    /** By the format's name in JSON schema. */
    static final Map<String, String> PATTERNS = Map.of(
            "date", "^" + DATE + "$",
            "time", "^" + TIME + "$",
            "date-time", "^" + DATE + "T" + TIME + "$",
            "uuid", "^" + HEX + "{8}(?:-" + HEX + "{4}){3}-" + HEX + "{12}$",
            "email", "^[a-zA-Z0-9_+-]{1,24}(?:\\.[a-zA-Z0-9_+-]{1,16}){0,2}@(?:" + LABEL + "\\.){1,3}[a-zA-Z]{2,16}$",
            "hostname", "^" + LABEL + "(?:\\." + LABEL + "){0,3}$",
            "ipv4", "^" + BYTE + "(?:\\." + BYTE + "){3}$");

    private JsonFormats() {}
}
