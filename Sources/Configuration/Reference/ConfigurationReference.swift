/// What is written about relay.conf, generated from the description of the keys.
package enum ConfigurationReference {
    package static var sections: [SectionReference] { Schema.references }
}
