package import Ingress

/// The lines of relay.conf on which the addresses of listeners and the database are, for what is found out about them
/// later. They are no setting: readings that differ in nothing else are equal.
struct NotedLines: Hashable {
    /// By listener; nil where the file has none.
    private let listeners: [Int?]
    let database: Int?

    /// - Parameter listeners: how many the file has.
    init(_ lines: SourceLines = SourceLines(), listeners count: Int = 0) {
        let path = ConfigurationPath.root.key("listener")
        listeners = (0..<count).map { lines.line(of: path.index($0).key("address")) }
        database = lines.line(of: .root.key("cluster").key("database"))
    }

    subscript(listener index: Int) -> Int? { listeners.indices.contains(index) ? listeners[index] : nil }

    static func == (left: Self, right: Self) -> Bool { true }

    func hash(into hasher: inout Hasher) {}
}

extension RelayConfiguration {
    /// The line of the first listener that is meant; nil if there is none in the file.
    package func line(ofListener isMeant: (ListenerSettings) -> Bool) -> Int? {
        ingress.listeners.firstIndex(where: isMeant).flatMap { notedLines[listener: $0] }
    }

    /// The line of `[cluster] database`; nil if there is none.
    package var lineOfDatabase: Int? { notedLines.database }
}
