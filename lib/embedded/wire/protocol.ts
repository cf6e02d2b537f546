/**
 * The generated messages and service definitions that the official client ships. They are CommonJS and find their names
 * at run time, so only default imports are safe; this is the one place that knows their paths.
 */
export { default as streamsPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
export { default as streamsGrpc } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
export { default as sharedPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
export { default as statusPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js'
export { default as codePb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/code_pb.js'
export { default as featuresPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js'
export { default as featuresGrpc } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js'
export { default as gossipPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb.js'
export { default as gossipGrpc } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb.js'
export { default as projectionsPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/projectionmanagement_pb.js'
export { default as projectionsGrpc } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/projectionmanagement_grpc_pb.js'
export { default as persistentPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
export { default as persistentGrpc } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_grpc_pb.js'
export { default as sessionsPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js'
export { default as sessionsGrpc } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_grpc_pb.js'
export { default as sessionErrorsPb } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb.js'
