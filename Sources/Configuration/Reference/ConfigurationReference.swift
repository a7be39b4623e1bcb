/// Documentation of relay.conf, generated from the schema.
package enum ConfigurationReference {
    package static var sections: [SectionReference] { Schema.references }
}
