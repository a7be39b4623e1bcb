import HTTPTypes

/// Finds the route of a request, to know who may use it, and what else could have been meant.
struct RouteIndex: Sendable {
    fileprivate struct Place: Sendable {
        /// nil stands for anything.
        let segments: [Substring?]
        var methods: [HTTPRequest.Method: RouteAccess] = [:]
    }

    private var places: [Place] = []

    init(_ routes: [RouteList.Route]) {
        for route in routes {
            let segments = Self.segments(route.path).map { $0.hasPrefix("{") ? nil : $0 }
            let index = places.firstIndex { $0.segments == segments } ?? places.endIndex
            if index == places.endIndex { places.append(Place(segments: segments)) }
            places[index].methods[route.method] = route.access
        }
    }

    /// The methods of a path, each with who may use it; the place without a variable comes first. nil for a path that does
    /// not exist.
    func methods(at path: String) -> [HTTPRequest.Method: RouteAccess]? {
        // Others read `//v1` as the name of a host.
        guard !path.contains("//") else { return nil }
        let wanted = Self.segments(path)
        let found = places.filter { place in
            place.segments.count == wanted.count && zip(place.segments, wanted).allSatisfy { $0 == nil || $0 == $1 }
        }
        return found.min { $0.variables < $1.variables }?.methods
    }

    private static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }
}

extension RouteIndex.Place {
    fileprivate var variables: Int { segments.count { $0 == nil } }
}
