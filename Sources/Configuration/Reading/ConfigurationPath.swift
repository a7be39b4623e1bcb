/// A place in the document, such as `upstream`, second element, `address`.
struct ConfigurationPath: Hashable, Sendable {
    enum Component: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    private(set) var components: [Component] = []

    static let root = ConfigurationPath()

    func key(_ name: String) -> ConfigurationPath {
        var path = self
        path.components.append(.key(name))
        return path
    }

    func index(_ number: Int) -> ConfigurationPath {
        var path = self
        path.components.append(.index(number))
        return path
    }

    /// Without the last component; nil for the root.
    var parent: ConfigurationPath? {
        guard !components.isEmpty else { return nil }
        var path = self
        path.components.removeLast()
        return path
    }

    /// `upstream.address`; list indexes are left out because the line tells. nil for the root.
    var shown: String? {
        let names = components.compactMap { component in
            switch component {
            case .key(let name): name
            case .index: nil
            }
        }
        return names.isEmpty ? nil : names.joined(separator: ".")
    }
}
