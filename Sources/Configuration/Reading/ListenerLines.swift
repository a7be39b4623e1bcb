package import Ingress

/// The lines of relay.conf on which the addresses of listeners are. They are no setting: readings that differ in nothing
/// else are equal.
struct ListenerLines: Hashable {
    /// By listener; nil where the file has none.
    private let lines: [Int?]

    /// - Parameter count: of the listeners in the file.
    init(_ lines: SourceLines = SourceLines(), count: Int = 0) {
        let path = ConfigurationPath.root.key("listener")
        self.lines = (0..<count).map { lines.line(of: path.index($0).key("address")) }
    }

    subscript(_ index: Int) -> Int? { lines.indices.contains(index) ? lines[index] : nil }

    static func == (left: Self, right: Self) -> Bool { true }

    func hash(into hasher: inout Hasher) {}
}

extension RelayConfiguration {
    /// The line of the first listener that is meant; nil if there is none in the file.
    package func line(ofListener isMeant: (ListenerSettings) -> Bool) -> Int? {
        ingress.listeners.firstIndex(where: isMeant).flatMap { listenerLines[$0] }
    }
}
