import HTTPTypes

/// The route for handing in mail, described.
extension Operation {
    private static let address = JSONSchema.address
    private static let sender = JSONSchema.addressOrEmpty

    static let messages: [Operation] = [
        Operation(
            method: .post, path: "/v1/messages", id: "sendMessage", tag: "messages",
            summary:
                "Hands in a message: the body is the message, or a form with its envelope as JSON and the message.",
            parameters: [
                .query("sender", sender, "Envelope sender; empty for none."),
                Parameter(
                    name: "recipient", place: .query, schema: address, summary: "Envelope recipients.",
                    isRepeatable: true),
            ],
            bodies: [
                Body(type: "message/rfc822", schema: .string, isRequired: true),
                Body(type: "multipart/form-data", schema: form, isRequired: true),
            ],
            answers: [.json(.document(["queue_id": .queueID]), "It is durable", status: 202)],
            failures: [409, 413, 415, 422, 429, 503])
    ]

    private static let form = JSONSchema.order(
        [
            "envelope": .order(
                ["sender": sender, "recipients": .list(address).notEmpty], required: ["sender", "recipients"]),
            "message": .word,
        ], required: ["envelope", "message"])
}
