BbigJ`<f@—GÁ¨ ØA5 A˜ü¸?ŒlÀ°!oAA?dAn¾4Aàæ¾0ÕUA´!ØÀë!µÁç5AB™
Aß½›A*ÕvÁhÜ@o£Á,F@hŒ­¾Ë‰kÁJ†?A¾ejA