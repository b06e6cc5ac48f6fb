#include "providers/aws/integration/integration.h"
int main(void){ struct dr_aws *a = dr_aws_new(&(struct dr_aws_options){0}); struct dr_resolver *r = dr_aws_resolver_new(a); dr_aws_resolver_free(r); dr_aws_free(a); return 0; }
