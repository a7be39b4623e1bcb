internal import Delivery
internal import Mail

/// Checks across `[[stream]]` tables.
extension ConfigurationReader {
    /// Each new stream is compared with every table.
    private static let streamLimit = 256

    mutating func checkStreams(_ streams: [StreamSettings]) {
        let path = ConfigurationPath.root.key("stream")
        if streams.count > Self.streamLimit {
            report(at: path.index(Self.streamLimit), "has \(streams.count) entries", "keep at most \(Self.streamLimit)")
        }
        var names: [String: Int] = [:]
        for (index, stream) in streams.enumerated() where !stream.name.isEmpty {
            checkUnique(
                stream.name, in: &names, at: path.index(index).key("name"), .error, "give each [[stream]] another name")
        }
        for (index, stream) in streams.enumerated() where StreamName.isReserved(stream.name) {
            report(
                .warning, at: path.index(index).key("name"), "no mail can name the stream \"\(stream.name)\"",
                "write the names of streams, or a pattern")
        }
        for (index, stream) in streams.enumerated().dropLast() where stream.name == "*" {
            report(
                .warning, at: path.index(index).key("name"), "\"*\" fits every stream, so the tables below never apply",
                "move it to the end")
        }
    }

    /// Checks that the mail of a user or route without a `stream` has a stream of its own, which has its name.
    mutating func checkStream(ofNamed name: String, _ stream: String?, at path: ConfigurationPath) {
        guard stream == nil, StreamName.isReserved(name) else { return }
        report(
            .warning, at: path, "mail of \"\(name)\" is counted with that of all streams that are not kept apart",
            "give it a stream")
    }
}
